import { assertEquals } from "@std/assert";
import { relative } from "node:path";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { runTrusting, TRUST } from "../support/trust_environment.ts";
import { startWebServer } from "../support/trusted_servers.ts";

const README = await Deno.readTextFile("README.md");

/** The first block of a language in the README's section on the library. */
function block(language: string): string {
  const pattern = new RegExp(`^## Library$[^]*?^\`\`\`${language}\n([^]*?)^\`\`\`$`, "m");
  return pattern.exec(README)?.[1] ?? "";
}

/** A folder of its own with the README's `deno.json`, and this project linked from there. */
async function makeProject(program: string) {
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  const config = JSON.parse(block("json"));
  assertEquals(config.links, ["../voidkad"]);
  config.links = [relative(await Deno.realPath(folder), Deno.cwd())];
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  // With the packages that are fetched for this project nothing is left to ask a registry.
  const { workspace, ...lock } = JSON.parse(await Deno.readTextFile("deno.lock"));
  const links = { "jsr:@voidkad/voidkad@0.1.0": workspace };
  await Deno.writeTextFile(
    `${folder}/deno.lock`,
    JSON.stringify({ ...lock, workspace: { dependencies: Object.values(config.imports), links } }),
  );
  await Deno.writeTextFile(`${folder}/program.ts`, program);
  return {
    folder,
    run: (permissions: readonly string[], env: Record<string, string> = {}) =>
      runTrusting([...DENO_RUN, ...permissions, "program.ts"], { env, cwd: folder }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("the program in the README's section on the library runs in a project of its own", async () => {
  await using project = await makeProject(block("ts"));
  const permissions = ["--allow-net", "--allow-read", "--allow-write"];
  const { code, stdout, stderr } = await project.run(["--check", ...permissions]);
  assertEquals([code, stdout], [0, "1 hello\n"], stderr);
});

Deno.test("importing the library needs no permission", async () => {
  await using project = await makeProject(`
    import { parseAddress } from "@voidkad/voidkad";
    console.log(parseAddress("[::1]:7402").port);
  `);
  const { code, stdout, stderr } = await project.run([]);
  assertEquals([code, stdout], [0, "7402\n"], stderr);
});

for (const [what, environment] of Object.entries(TRUST)) {
  Deno.test(`beside a node a program's own TLS connections go on trusting what ${what} says`, async () => {
    await using web = await startWebServer();
    await using project = await makeProject(`
      const url = "https://localhost:${web.port}/";
      ${block("ts")}
      console.log(await (await fetch(url)).text());
      using connection = await Deno.connectTls({ hostname: "localhost", port: ${web.port} });
      await connection.handshake();
      console.log("connected");
    `);
    const permissions = ["--allow-net", "--allow-read", "--allow-write"];
    const { code, stdout, stderr } = await project.run(permissions, environment(web.authorityFile));
    assertEquals([code, stdout], [0, "1 hello\nwelcome\nconnected\n"], stderr);
  });
}
