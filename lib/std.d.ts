// Types of the parts of Deno's standard library that are used. It comes from npm (`deno-std`), for machines
// that do not reach JSR, and that copy has no types. To take it from JSR, replace the lines of `imports` in
// `deno.json` that begin with `@std/` by `"@std/assert": "jsr:@std/assert@1"` and likewise for each module
// named below, and drop this file and `compilerOptions.types`.

declare module "@std/encoding/hex" {
  export function encodeHex(src: string | Uint8Array | ArrayBuffer): string;
  export function decodeHex(src: string): Uint8Array<ArrayBuffer>;
}

declare module "@std/encoding/base64" {
  export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string;
  export function decodeBase64(b64: string): Uint8Array<ArrayBuffer>;
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
