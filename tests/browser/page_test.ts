import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { ignoreIf } from "../support/needs.ts";
import { CHROMIUM_MISSING, findChromium, openBrowser } from "./chromium.ts";
import { contactsOf, manyContacts } from "./contacts.ts";
import { SurfaceNetwork } from "./surface_network.ts";

const NODES = 30;
const DESK = { viewport: { width: 1200, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 } };

/** A page of the first node, and what went wrong or astray on it. */
interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[];
}

async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = DESK,
): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Presses the tabulator until an element has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press("Tab");
    const reached = `document.activeElement?.matches(${JSON.stringify(selector)})`;
    if (await page.evaluate(reached)) return;
  }
  throw new Error(`The tabulator does not lead to ${selector}`);
}

/** Waits for the line that says what came of a put, a get, or an explanation. */
async function headline(page: Page, pattern: RegExp): Promise<string> {
  const line = page.locator("#headline", { hasText: pattern });
  await line.waitFor({ timeout: 10_000 });
  return await line.innerText();
}

async function fits(page: Page): Promise<void> {
  const [wide, inner] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, innerWidth]",
  );
  assert(wide <= inner, `the page is ${wide} wide in a window of ${inner}`);
}

async function overview({ page }: Visit): Promise<void> {
  await page.locator("#verdict[data-verdict=healthy]").waitFor();
  assertMatch(await page.innerText("#invite"), /^voidkad:\/\/127\.0\.0\.1:\d+\/[\w-]{100,}$/);
  const figures = await page.innerText("#figures");
  for (
    const name of ["Contacts", "Replicas held", "Lookups", "Get, median / p99", "Differences left"]
  ) {
    assert(figures.includes(name), `${name} is not among ${figures}`);
  }
  await page.locator("#table-count", { hasText: /^\d\d contacts$/ }).waitFor();
}

/** While values are read, the charts show lookups, hops and traffic, and change. */
async function charts({ page }: Visit, network: SurfaceNetwork): Promise<void> {
  const picture = () =>
    page.evaluate<string[]>(
      "[...document.querySelectorAll('.plot canvas')].map((c) => c.toDataURL())",
    );
  await page.locator(".plot canvas").nth(5).waitFor();
  const before = await picture();
  await using _load = network.load();
  const found = page.locator(".charts figure:first-child .line1 b", { hasText: /^[\d.]*[1-9]/ });
  await found.waitFor({ timeout: 10_000 });
  await page.waitForTimeout(2_100); // two more points
  const after = await picture();
  assertEquals(after.length, 6);
  for (const [i, drawn] of after.entries()) assert(drawn !== before[i], `chart ${i} is as it was`);
  const readouts = await page.locator(".charts b").allInnerTexts();
  for (const text of readouts) assertMatch(text, /^\d/);
}

async function putAndGet({ page }: Visit): Promise<void> {
  await page.fill("#key", "greeting");
  await page.fill("#value", "grüß dich <b>&amp;</b>");
  await page.click("button[value=put]");
  assertMatch(await headline(page, /^Stored/), /^Stored \d+ of 20 replicas /);
  assert(await page.locator(".squares .stored").count() > 0);
  await page.click("button[value=get]");
  await headline(page, /^Found: 24 B/);
  assertEquals(await page.innerText("pre.value"), "grüß dich <b>&amp;</b>");
  await page.check("input[value=hex]");
  assertMatch(await page.innerText("pre.value"), /^0000 {2}67 72 c3 bc/);

  await page.click("summary");
  await page.selectOption("#form", "hex");
  await page.fill("#key", "00".repeat(32));
  await page.fill("#value", "00 ff");
  await page.fill("#write-quorum", "20");
  await page.fill("#ttl", "86400");
  await page.click("button[value=put]");
  await headline(page, /^Stored 20 of 20 replicas /);
  assertMatch(await page.innerText(".card .settings"), /Lifetime\s+24 h 0 min/);
  await page.click("button[value=get]");
  await headline(page, /^Found: 2 B/);
  assertMatch(await page.innerText("pre.value"), /^0000 {2}00 ff/);
}

async function explain({ page }: Visit): Promise<void> {
  await page.fill("#key", "greeting");
  await page.click("button[value=explain]");
  const marks = page.locator(".drawing .asked");
  await marks.first().waitFor({ timeout: 10_000 });
  const rows = page.locator(".scroll").first().locator("tbody tr");
  assertEquals(await marks.count(), await rows.count());
  assert(await page.locator(".drawing .asked.outcome-value").count() > 0, "no node gave the value");
  await marks.first().focus();
  assertMatch(await page.innerText(".card .detail"), /bits shared: asked at .* ms/);
  const responsible = page.locator(".scroll").nth(1).locator("tbody tr");
  assertEquals(await responsible.count(), 20);
}

async function keyboardAlone({ page, complaints }: Visit): Promise<void> {
  await tabTo(page, "#key");
  await page.keyboard.type("by keyboard");
  await tabTo(page, "#value");
  await page.keyboard.type("no mouse needed");
  await tabTo(page, "button[value=put]");
  await page.keyboard.press("Enter");
  await headline(page, /^Stored/);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Space");
  await headline(page, /^Found: 15 B/);
  await tabTo(page, "pre.value");
  await tabTo(page, "#table");
  await page.keyboard.press("ArrowRight");
  assertMatch(await page.innerText("#table-detail"), /^127\.0\.0\.1:\d+ level \d+ .* heard .* ago/);
  assertEquals(complaints, []);
}

async function missingKey({ page, complaints }: Visit): Promise<void> {
  await page.fill("#key", "nobody put this");
  await page.click("button[value=get]");
  assertMatch(await headline(page, /^Not found/), /^Not found: \d+ nodes asked /);
  // The browser itself notes the status of an answer.
  assertEquals(complaints.map((line) => /status of (\d+)/.exec(line)?.[1]), ["404"]);
  complaints.length = 0;
}

async function phone({ page, complaints }: Visit): Promise<void> {
  await page.locator("#verdict[data-verdict=healthy]").waitFor();
  await fits(page);
  await page.fill("#key", "greeting");
  await page.click("button[value=explain]");
  await page.locator(".drawing .asked").first().waitFor();
  await fits(page);
  assertEquals(complaints, []);
}

async function dark(light: Visit, { page, complaints }: Visit): Promise<void> {
  const paper = (of: Page) =>
    of.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  assert(await paper(page) !== await paper(light.page));
  assertEquals(complaints, []);
}

/** A table of ten thousand contacts is drawn, and can be walked through. */
async function tenThousand(browser: Browser, url: string): Promise<void> {
  await using visited = await visit(browser, "about:blank");
  const { page, complaints } = visited;
  complaints.length = 0;
  const contacts = manyContacts(10_000);
  await page.route("**/v1/contacts", (route) => route.fulfill({ json: contacts }));
  await page.goto(url);
  await page.locator("#table-count", { hasText: "10,000 contacts" }).waitFor();
  await page.focus("#table");
  await page.keyboard.press("End");
  const last = contactsOf(contacts).at(-1)!;
  assert((await page.innerText("#table-detail")).includes(last.id));
  const drawMs = await page.evaluate<number>(`(() => {
    const table = document.getElementById("table");
    const start = performance.now();
    for (let i = 0; i < 10; i++) table.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" }));
    return (performance.now() - start) / 10;
  })()`);
  console.log(`10,000 contacts are drawn in ${drawMs.toFixed(1)} ms`);
  assert(drawMs < 250, `drawing takes ${drawMs} ms`);
  await fits(page);
  assertEquals(complaints.filter((line) => !line.startsWith("request to")), []);
}

const CHROMIUM = await findChromium();
const ignore = ignoreIf(CHROMIUM === null ? CHROMIUM_MISSING : null);

Deno.test("the page of a node in a real browser", { ignore }, async (t) => {
  const browser = await openBrowser(CHROMIUM!);
  try {
    await using network = await SurfaceNetwork.of(NODES);
    const { url } = network;
    await using desk = await visit(browser, url);
    await t.step("it shows the state of the node", () => overview(desk));
    await t.step("charts move", () => charts(desk, network));
    await t.step("a put and a get by hand", () => putAndGet(desk));
    await t.step("a lookup is explained", () => explain(desk));
    await t.step("no error, and no request elsewhere", () => assertEquals(desk.complaints, []));
    await t.step("a key that is missing", () => missingKey(desk));
    await t.step("keyboard alone", async () => {
      await using visited = await visit(browser, url);
      await keyboardAlone(visited);
    });
    await t.step("on a phone", async () => {
      await using visited = await visit(browser, url, PHONE);
      await phone(visited);
    });
    await t.step("in the dark", async () => {
      await using visited = await visit(browser, url, { ...DESK, colorScheme: "dark" });
      await dark(desk, visited);
    });
    await t.step("ten thousand contacts", () => tenThousand(browser, url));
  } finally {
    await browser.close();
  }
});
