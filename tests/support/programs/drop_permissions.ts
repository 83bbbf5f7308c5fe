/**
 * Gives up permissions as a node does that keeps values in a file, and prints what it may still do.
 *
 * Arguments: the file, then paths that are tried.
 *
 * @module
 */

import { dropPermissions } from "../../../lib/cli/drop_permissions.ts";

const [kept = "", ...paths] = Deno.args;
dropPermissions({ written: [kept], served: [] });

function may(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

console.log(JSON.stringify({
  read: paths.filter((path) => may({ name: "read", path })),
  write: paths.filter((path) => may({ name: "write", path })),
  others: (["read", "write", "env", "import", "run", "ffi", "sys"] as const)
    .filter((name) => may({ name })),
}));
