/**
 * The report of a simulation: one page that needs nothing else, light or dark as the reader likes it.
 *
 * @module
 */

import { escape } from "@std/html/entities";
import { formatCommand, type SimulateOptions } from "../simulate_flags.ts";
import type { Effort, Results } from "../results.ts";
import { formatResults } from "../format_results.ts";
import { formatBytes, formatMs, formatNumber, formatShare } from "../../../lib/format/format.js";
import { renderFigures } from "./figures.ts";
import { STYLE } from "./style.ts";

/** The whole page. */
export function renderPage(options: SimulateOptions, results: Results, effort: Effort): string {
  const { nodes, values, hours } = options;
  const title = `${formatNumber(nodes)} nodes, ${formatNumber(values)} values, ` +
    (hours > 0 ? `${formatNumber(hours)} h` : "no time");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>voidkad: ${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escape(title)}</h1>
<p>A simulated network of voidkad nodes. This line replays it:</p>
<pre>${escape(formatCommand(options))}</pre>
</header>
<ul class="figures">
${keyFigures(results, effort).map(renderKeyFigure).join("\n")}
</ul>
<main>
${renderFigures(results)}
</main>
<section>
<h2>All figures</h2>
<pre>${escape(formatResults(results, effort).join("\n"))}</pre>
</section>
</body>
</html>
`;
}

interface KeyFigure {
  readonly value: string;
  readonly what: string;
}

function keyFigures({ gets, puts, samples }: Results, { bytesPerNode }: Effort): KeyFigure[] {
  const last = gets.at(-1)!;
  const { asked, success, latencyMs, hops } = last.gets;
  const sample = samples.at(-1)!;
  return [
    { value: asked === 0 ? "-" : formatShare(success), what: `of GETs found, ${last.name}` },
    { value: formatMs(latencyMs.quantile(0.5)), what: "half of the GETs are faster" },
    { value: formatMs(latencyMs.quantile(0.99)), what: "99 % of the GETs are faster" },
    { value: formatNumber(hops.mean), what: "hops in the mean" },
    { value: formatNumber(sample.replicas.mean), what: "replicas per value, last" },
    { value: formatNumber(puts.replicas.mean), what: "replicas written by a PUT" },
    { value: formatBytes(bytesPerNode), what: "of memory per node" },
  ];
}

function renderKeyFigure({ value, what }: KeyFigure): string {
  return `<li><b>${escape(value)}</b><span>${escape(what)}</span></li>`;
}
