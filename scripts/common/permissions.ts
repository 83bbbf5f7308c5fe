/**
 * What the program is run with. It gives most of it up once it has read its settings, which may name any files; see
 * `lib/cli/drop_permissions.ts`.
 *
 * @module
 */

const ALWAYS = [
  "--no-prompt",
  "--deny-import",
  "--allow-net",
  "--allow-env=DENO_TLS_CA_STORE,OTEL_DENO,TMPDIR",
  "--allow-sys=osUptime",
];

/** Flags of `deno run` and `deno compile`. */
export const PERMISSIONS: readonly string[] = [...ALWAYS, "--allow-read=/", "--allow-write=/"];

/** There is no path above all drives, and only a grant of a path can be narrowed. */
export const PERMISSIONS_ON_WINDOWS: readonly string[] = [
  ...ALWAYS,
  "--allow-read",
  "--allow-write",
];
