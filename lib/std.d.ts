// Types of the parts of Deno's standard library that are used. It comes from npm (`deno-std`), for machines
// that do not reach JSR, and that package has no types. To take it from JSR, replace each line of `imports` in
// `deno.json` that begins with `@std/` by its package there (`"@std/bytes/equals": "jsr:@std/bytes@1/equals"`),
// and drop this file and `compilerOptions.types`.

declare module "@std/async/abortable" {
  export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T>;
}

declare module "@std/async/deadline" {
  export function deadline<T>(promise: Promise<T>, ms: number): Promise<T>;
}

declare module "@std/async/delay" {
  export function delay(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

declare module "@std/bytes/concat" {
  export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
}

declare module "@std/bytes/equals" {
  export function equals(a: Uint8Array, b: Uint8Array): boolean;
}

declare module "@std/crypto/timing-safe-equal" {
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}

declare module "@std/encoding/base64url" {
  export function encodeBase64Url(data: string | Uint8Array | ArrayBuffer): string;
  export function decodeBase64Url(b64url: string): Uint8Array<ArrayBuffer>;
}

declare module "@std/fmt/colors" {
  export function bold(text: string): string;
  export function dim(text: string): string;
  export function green(text: string): string;
  export function red(text: string): string;
  export function yellow(text: string): string;
}

declare module "@std/html/entities" {
  export function escape(str: string): string;
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(str1: string, str2: string): number;
}

declare module "@std/encoding/hex" {
  export function encodeHex(src: string | Uint8Array | ArrayBuffer): string;
  export function decodeHex(src: string): Uint8Array<ArrayBuffer>;
}

declare module "@std/encoding/base64" {
  export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string;
  export function decodeBase64(b64: string): Uint8Array<ArrayBuffer>;
}

declare module "@std/encoding/base64url" {
  export function encodeBase64Url(data: string | Uint8Array | ArrayBuffer): string;
  export function decodeBase64Url(b64url: string): Uint8Array<ArrayBuffer>;
}

declare module "@std/cli/parse-args" {
  export interface ParseArgsOptions {
    readonly string?: readonly string[];
    readonly boolean?: readonly string[];
    readonly collect?: readonly string[];
    readonly negatable?: readonly string[];
    readonly alias?: Readonly<Record<string, string>>;
    readonly "--"?: boolean;
    readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  export interface ParsedArgs {
    readonly _: readonly (string | number)[];
    readonly "--"?: readonly string[];
    readonly [flag: string]: unknown;
  }
  export function parseArgs(args: readonly string[], options?: ParseArgsOptions): ParsedArgs;
}

declare module "@std/data-structures/binary-heap" {
  /** A priority queue: the item that compares as least comes out first. */
  export class BinaryHeap<Item> {
    constructor(compare?: (a: Item, b: Item) => number);
    readonly length: number;
    peek(): Item | undefined;
    pop(): Item | undefined;
    push(...items: Item[]): number;
    clear(): void;
  }
}
