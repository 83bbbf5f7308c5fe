/**
 * Text as lines, of which none is too long for the memory.
 *
 * @module
 */

/** The lines of a text; null for one of more than `lengthMax` characters, which is passed over. */
export async function* linesOf(
  chunks: AsyncIterable<string>,
  lengthMax: number,
): AsyncGenerator<string | null> {
  let line: string | null = "";
  const extend = (text: string): void => {
    line = line === null || line.length + text.length > lengthMax ? null : line + text;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      extend(chunk.slice(from, end));
      yield line;
      line = "";
      from = end + 1;
    }
    extend(chunk.slice(from));
  }
  if (line !== "") yield line;
}
