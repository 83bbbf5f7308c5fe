import { assertEquals } from "@std/assert";
import { PERMISSIONS } from "../../scripts/common/permissions.ts";
import { ROOT } from "../../scripts/common/root.ts";
import config from "../../deno.json" with { type: "json" };

const PROGRAM = `${ROOT}tests/support/programs/drop_permissions.ts`;

/** What a process may still do with some paths once it has dropped what it does not need. */
async function leftOf(permissions: readonly string[], kept: string, ...paths: string[]) {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...permissions, PROGRAM, kept, ...paths],
    env: { TMPDIR: "/somewhere" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return out === "" ? error : JSON.parse(out!);
}

async function withFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a node has the folder that it keeps things in, its own program, and no more files", () =>
  withFolder(async (folder) => {
    const data = `${folder}/new/data`;
    const own = `${ROOT}lib/persist/file/worker.ts`;
    const others = ["/", "/etc/passwd", folder, `${folder}/new`, `${folder}/new/data2`, ROOT];
    const left = await leftOf(PERMISSIONS, `${data}/kept.db`, data, `${data}/a`, own, ...others);
    assertEquals(left, { read: [data, `${data}/a`, own], write: [data, `${data}/a`], others: [] });
  }));

Deno.test("where the folder or the file is a link, what it leads to can be used too", () =>
  withFolder(async (folder) => {
    for (const name of ["data", "disk"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.symlink(`${folder}/data`, `${folder}/link`);
    await Deno.writeTextFile(`${folder}/disk/values.db`, "");
    await Deno.symlink(`${folder}/disk/values.db`, `${folder}/data/kept.db`);
    const used = [`${folder}/link/kept.db`, `${folder}/data/kept.db-wal`, `${folder}/disk/a-wal`];
    const left = await leftOf(PERMISSIONS, `${folder}/link/kept.db`, ...used, folder);
    assertEquals(left, { read: used, write: used, others: [] });
  }));

Deno.test("what a user has granted is neither widened nor asked for", () =>
  withFolder(async (folder) => {
    const read = `--allow-read=${ROOT},${folder}/a`;
    const kept = `${folder}/a/kept.db`;
    const left = await leftOf([read, "--allow-env"], kept, `${folder}/a`, `${folder}/b`);
    assertEquals(left, { read: [`${folder}/a`], write: [], others: [] });
    const all = await leftOf(["--allow-read", "--allow-write"], kept, folder);
    assertEquals(all, { read: [folder], write: [folder], others: ["read", "write"] });
  }));

Deno.test("the tasks that run a node have the permissions that the tests and the binary have", () => {
  for (const { command } of [config.tasks.start, config.tasks.dev]) {
    assertEquals(command.match(/--(no-prompt|(allow|deny)-\S+)/g)!.sort(), [...PERMISSIONS].sort());
  }
});
