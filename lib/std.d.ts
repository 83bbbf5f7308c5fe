// Types of the parts of Deno's standard library that are used; the npm copy of it comes without.

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
