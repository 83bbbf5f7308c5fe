import { assertEquals, assertMatch } from "@std/assert";

Deno.test("the program in the README's section on the library runs as it stands", async () => {
  const readme = await Deno.readTextFile("README.md");
  const [, program = ""] = /^## Library$[^]*?^```ts\n([^]*?)^```$/m.exec(readme) ?? [];
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  try {
    const library = new URL("../../lib/mod.ts", import.meta.url).href;
    assertMatch(program, /"\.\/lib\/mod\.ts"/);
    await Deno.writeTextFile(`${folder}/program.ts`, program.replace("./lib/mod.ts", library));
    const permissions = ["--allow-net", "--allow-read", "--allow-write"];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--check", "--no-prompt", "--config", Deno.realPathSync("deno.json")],
        ...[...permissions, "--allow-env=DENO_TLS_CA_STORE", "program.ts"],
      ],
      cwd: folder,
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals(code, 0, said);
    assertMatch(new TextDecoder().decode(stdout), /^1 \{/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
