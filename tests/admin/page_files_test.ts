import { assert, assertEquals, assertMatch } from "@std/assert";
import { loadCharts, readPageFile } from "../../lib/admin/page_files.ts";

async function readText(path: string): Promise<string> {
  const file = await readPageFile(path);
  if (!file) throw new Error(`there is no ${path}`);
  return new TextDecoder().decode(file.body);
}

Deno.test("all that the page asks for is there, and nothing of another host", async () => {
  const html = await readText("/");
  const asked = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path!);
  assertEquals(asked.length, 8);
  const scripts = new Set(asked);
  for (const path of scripts) {
    const text = await readText(path);
    for (const [, name] of text.matchAll(/^(?:import|export|}).* from "(\.[^"]+)"/gm)) {
      scripts.add(new URL(name!, `http://node${path}`).pathname);
    }
    assertEquals(/\b(?:src|href|from|url)\b\W{1,3}https?:/.test(text), false, path);
  }
  assert(scripts.has("/admin/page/scripts/explanation_view.js"));
  assert(scripts.has("/format/format.js"));
});

Deno.test("the page has no style, script or handler of its own in its markup", async () => {
  const html = await readText("/");
  assertEquals(/\sstyle=|<style|\son\w+=/.test(html), false);
  for (const [, rest] of html.matchAll(/<script([^>]*>[^]*?)<\/script>/g)) {
    assertMatch(rest!, /^ [^>]*src="[^"]+"[^>]*>$/);
  }
});

Deno.test("types are said, and what is no file of the page is none", async () => {
  assertEquals((await readPageFile("/"))?.type, "text/html; charset=utf-8");
  assertEquals((await readPageFile("/uplot.js"))?.type, "text/javascript; charset=utf-8");
  for (
    const path of [
      "/page.html",
      "/../page_files.ts",
      "/constructor",
      "/page/page.js",
      "/admin/page_files.ts",
      "",
    ]
  ) {
    assertEquals(await readPageFile(path), null, path);
  }
});

Deno.test("the package of the charts is a part of the program", async () => {
  const { default: charts } = await loadCharts();
  assertEquals(typeof charts, "function");
});
