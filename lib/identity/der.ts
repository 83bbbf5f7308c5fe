/**
 * Reads DER, the encoding of certificates (X.690): nested elements of a tag, a length and a content.
 *
 * @module
 */

/** One element. */
export interface Element {
  readonly tag: number;
  /** Its value. */
  readonly content: Uint8Array;
  /** Tag, length and value. */
  readonly whole: Uint8Array;
}

/** Tags of the elements that are read. */
export const Tag = {
  boolean: 0x01,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** The tag of the element that begins at `at`, and where its content starts and ends. */
export function readHeader(bytes: Uint8Array, at = 0): { tag: number; start: number; end: number } {
  const [tag = 0, first = 0] = bytes.subarray(at);
  const start = at + 2;
  if (first < 0x80) return { tag, start, end: start + first };
  const lengthBytes = first & 0x7f;
  if (lengthBytes < 1 || lengthBytes > 3) throw new SyntaxError("a length in it is not DER");
  let length = 0;
  for (let i = 0; i < lengthBytes; i++) length = length << 8 | (bytes[start + i] ?? 0);
  return { tag, start: start + lengthBytes, end: start + lengthBytes + length };
}

/**
 * Splits `bytes` into the elements that stand in it one after another.
 *
 * @throws {SyntaxError} if it is not elements to its last byte.
 */
export function readElements(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const { tag, start, end } = readHeader(bytes, at);
    if (end > bytes.length) throw new SyntaxError("it is cut short");
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/**
 * The content of an element of this tag.
 *
 * @throws {SyntaxError} if the element is missing or of another tag.
 */
export function expectTag(element: Element | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw new SyntaxError("its structure is not that of a certificate");
  return element.content;
}

/** The elements of a sequence. */
export function readSequence(element: Element | undefined): Element[] {
  return readElements(expectTag(element, Tag.sequence));
}

/** An object identifier, e.g. `2.5.29.17`. */
export function readObjectId(element: Element | undefined): string {
  const bytes = expectTag(element, Tag.objectId);
  const first = bytes[0] ?? 0;
  const numbers = [Math.floor(first / 40), first % 40];
  let number = 0;
  for (const byte of bytes.subarray(1)) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  return numbers.join(".");
}

/** A time in milliseconds since 1970. */
export function readTime(element: Element | undefined): number {
  let text = new TextDecoder().decode(element?.content);
  // UTCTime has two digits of the year, 50 to 99 meaning 19xx (RFC 5280, 4.1.2.5.1).
  if (element?.tag === Tag.utcTime) text = (text < "5" ? "20" : "19") + text;
  else if (element?.tag !== Tag.generalizedTime) throw new SyntaxError("it has no validity");
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) throw new SyntaxError("a time in it is not DER");
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
