/**
 * How the report looks.
 *
 * @module
 */

/** The style sheet; colours of series are c0, c1, c2, readable to most colour-blind eyes. */
export const STYLE = `
:root {
  --page: #f6f6f4; --card: #ffffff; --text: #1d1f23; --soft: #686d76; --grid: #e5e5e1;
  --c0: #1f6fb4; --c1: #d9730d; --c2: #2a8f63; --mark: #b3263b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131519; --card: #1c1f25; --text: #e7e9ed; --soft: #9aa1ac; --grid: #2d323b;
    --c0: #62a8e5; --c1: #f0a050; --c2: #5cc795; --mark: #f2788a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 68rem; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0 0 .25rem; font-size: 1.7rem; font-weight: 650; letter-spacing: -.01em; }
h2 { margin: 0; font-size: 1.02rem; font-weight: 650; }
header p, figcaption p { margin: 0; color: var(--soft); }
pre {
  overflow-x: auto; margin: .5rem 0 0; padding: .75rem 1rem; background: var(--card);
  border: 1px solid var(--grid); border-radius: 8px; font: 12.5px/1.55 ui-monospace, Menlo, monospace;
}
header pre { white-space: pre-wrap; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .75rem;
  margin: 1.25rem 0; padding: 0; list-style: none;
}
.figures li {
  padding: .7rem .9rem; background: var(--card); border: 1px solid var(--grid); border-radius: 8px;
}
.figures b { display: block; font-size: 1.25rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures span { display: block; color: var(--soft); font-size: .8rem; line-height: 1.3; }
main { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin-bottom: 1.5rem; }
figure {
  margin: 0; padding: 1rem 1rem .5rem; background: var(--card);
  border: 1px solid var(--grid); border-radius: 8px;
}
figure.wide { grid-column: 1 / -1; }
@media (max-width: 50rem) { figure { grid-column: 1 / -1; } }
figcaption p { font-size: .85rem; }
figcaption .legend { margin-top: .25rem; color: var(--text); }
.legend span { margin-right: 1.1rem; white-space: nowrap; }
.legend span::before {
  content: ""; display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem;
  border-radius: 2px; background: currentColor; vertical-align: -1px;
}
.legend .c0::before { background: var(--c0); }
.legend .c1::before { background: var(--c1); }
.legend .c2::before { background: var(--c2); }
svg { display: block; width: 100%; height: auto; margin-top: .25rem; }
svg text { font: 11.5px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.tick { fill: var(--soft); }
.grid { stroke: var(--grid); }
.mark { stroke: var(--mark); stroke-dasharray: 3 3; }
.mark-label { fill: var(--mark); font-weight: 600; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); }
.bar.c0, .dot.c0 { fill: var(--c0); }
.bar.c1, .dot.c1 { fill: var(--c1); }
.bar.c2, .dot.c2 { fill: var(--c2); }
.dot { opacity: 0; }
.dot:hover { opacity: 1; }
.bar:hover { opacity: .75; }
`;
