import { assertEquals } from "@std/assert";
import { relative } from "node:path";

/** The first block of a language in the README's section on the library. */
function block(readme: string, language: string): string {
  const pattern = new RegExp(`^## Library$[^]*?^\`\`\`${language}\n([^]*?)^\`\`\`$`, "m");
  return pattern.exec(readme)?.[1] ?? "";
}

Deno.test("the program in the README's section on the library runs in a project of its own", async () => {
  const readme = await Deno.readTextFile("README.md");
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  try {
    const config = JSON.parse(block(readme, "json"));
    assertEquals(config.links, ["../voidkad"]);
    config.links = [relative(await Deno.realPath(folder), Deno.cwd())];
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${folder}/program.ts`, block(readme, "ts"));
    const permissions = ["--allow-net", "--allow-read", "--allow-write"];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--check", "--no-prompt", ...permissions],
        ...["--allow-env=DENO_TLS_CA_STORE", "program.ts"],
      ],
      cwd: folder,
    }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, out], [0, "1 hello\n"], error);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
