/**
 * The files of the page: what a browser gets, and from where. All of it lies inside the program, also in the
 * compiled binary, so that nothing is asked of another machine.
 *
 * @module
 */

/** A file as a browser gets it. */
export interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  /** The whole Content-Type. */
  readonly type: string;
}

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const SVG = "image/svg+xml";

const STYLES = ["page", "keys", "charts", "lookup"];
const SCRIPTS = [
  "page",
  "api",
  "bytes",
  "charts",
  "dom",
  "explanation_view",
  "figures",
  "keys",
  "overview",
  "table",
  "table_layout",
];

/**
 * By path: the type, and where the file is. A style or script is served under its path within `lib/`, so
 * that an import between scripts names the same file to a browser and to the type check.
 */
const FILES: Readonly<Record<string, readonly [type: string, from: string]>> = {
  "/": [HTML, "./page/page.html"],
  "/icon.svg": [SVG, "./page/icon.svg"],
  ...ownFiles(STYLES.map((name) => `admin/page/styles/${name}.css`), CSS),
  ...ownFiles(SCRIPTS.map((name) => `admin/page/scripts/${name}.js`), SCRIPT),
  ...ownFiles(["format/format.js"], SCRIPT),
  "/uplot.js": [SCRIPT, "uplot/dist/uPlot.iife.min.js"],
  "/uplot.css": [CSS, "uplot/dist/uPlot.min.css"],
};

/** The folder of the package whose files are served beside those of this program. */
export function packageFolder(): URL {
  return new URL(".", import.meta.resolve(FILES["/uplot.js"]![1]));
}

function ownFiles(paths: readonly string[], type: string) {
  return Object.fromEntries(paths.map((path) => [`/${path}`, [type, `../${path}`] as const]));
}

/** The file at a path of the page, or null if there is none. */
export async function readPageFile(path: string): Promise<PageFile | null> {
  const found = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  if (!found) return null;
  const [type, from] = found;
  return { type, body: await Deno.readFile(new URL(import.meta.resolve(from))) };
}

/**
 * Loads the charts as a module of this program, which no node needs: that the package is named here makes
 * it a part of the program, fetched with it and compiled into the binary.
 */
export async function loadCharts(): Promise<{ readonly default: unknown }> {
  return await import("uplot");
}
