/**
 * Checks the layers: which part of `lib/` may import which, and which may name the outside world.
 *
 * Reads the syntax tree, so that comments and strings do not count. Type imports count as imports.
 *
 * @module
 */

import ts from "typescript";

/** What the files of one part may do. */
interface Rule {
  /** Parts that it may import from. */
  readonly imports: readonly string[];
  /** Whether it may import packages and the runtime's modules. */
  readonly packages: boolean;
  /** Words that it must not contain. */
  readonly forbidden: readonly string[];
}

const OUTSIDE = [
  "Deno",
  "Date",
  "Math.random",
  "performance",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
];
const PURE = [...OUTSIDE, "crypto", "globalThis", "await", "async"];

const RULES: Readonly<Record<string, Rule>> = {
  core: { imports: ["core"], packages: false, forbidden: PURE },
  // A room of its own, so that the simulator shares it with the network, of which it knows nothing.
  hash: { imports: ["hash"], packages: true, forbidden: OUTSIDE },
  node: { imports: ["core", "node"], packages: false, forbidden: OUTSIDE },
  sim: { imports: ["core", "hash", "node", "sim"], packages: true, forbidden: OUTSIDE },
  identity: { imports: ["core", "hash", "node", "identity"], packages: true, forbidden: [] },
  // Told by the node what to keep, through a port: it knows neither the node nor the network.
  persist: { imports: ["core", "hash", "persist"], packages: true, forbidden: [] },
  net: {
    imports: ["core", "hash", "node", "identity", "persist", "net"],
    packages: true,
    forbidden: [],
  },
  format: { imports: ["format"], packages: false, forbidden: OUTSIDE },
  telemetry: { imports: ["core", "node", "telemetry"], packages: true, forbidden: [] },
  admin: {
    imports: ["core", "hash", "node", "identity", "net", "telemetry", "format", "admin"],
    packages: true,
    forbidden: [],
  },
  cli: {
    imports: [
      "core",
      "node",
      "identity",
      "net",
      "persist",
      "telemetry",
      "format",
      "admin",
      "cli",
      "deno.json",
    ],
    packages: true,
    forbidden: [],
  },
  "main.ts": { imports: ["cli"], packages: true, forbidden: [] },
  "mod.ts": {
    imports: ["core", "node", "identity", "persist", "net"],
    packages: false,
    forbidden: ["Deno"],
  },
};

/** What lies inside a part: paths that begin with the key are imported by those that begin with the value. */
const PRIVATE: Readonly<Record<string, string>> = {
  "lib/core/store/internal/": "lib/core/store/",
  "lib/node/parts.ts": "lib/node/node.ts",
};

/** One import: what it names and the line that it is in. */
interface Import {
  readonly from: string;
  readonly line: number;
}

/**
 * Checks files against the rules.
 *
 * @param files texts by path from the root of the project, with `/`.
 * @returns what is wrong, one line each: `file:line: message`.
 */
export function checkImports(files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, Import[]>();
  for (const [path, text] of files) {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const part = partOf(path);
    const rule = RULES[part];
    if (!rule) {
      problems.push(`${path}:1: lib has no part "${part}": add it to the rules, or move the file`);
      continue;
    }
    const inner: Import[] = [];
    for (const found of findImports(source)) {
      const target = found.from.startsWith(".") ? resolve(path, found.from) : null;
      if (target === null && !rule.packages) {
        problems.push(`${path}:${found.line}: ${part} imports no packages, but "${found.from}"`);
      }
      if (target === null) continue;
      inner.push({ from: target, line: found.line });
      if (!rule.imports.includes(partOf(target))) {
        problems.push(`${path}:${found.line}: ${part} must not import ${target}`);
      } else if (isPrivate(target, path)) {
        problems.push(`${path}:${found.line}: ${target} is private`);
      }
    }
    graph.set(path, inner);
    for (const { word, line } of findWords(source, rule.forbidden)) {
      problems.push(`${path}:${line}: ${part} must not use ${word}`);
    }
  }
  return [...problems, ...findCircles(graph)];
}

/** `core` for `lib/core/bytes.ts`; a file that lies in no part of `lib` is a part of its own. */
function partOf(path: string): string {
  return /^lib\/([^/]+)/.exec(path)?.[1] ?? path;
}

/** Whether a file must not import another that is private. */
function isPrivate(target: string, importer: string): boolean {
  return Object.entries(PRIVATE).some(([path, owner]) =>
    target.startsWith(path) && !importer.startsWith(owner)
  );
}

function resolve(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}

function visitAll(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => visitAll(child, visit));
}

/** Imports and re-exports, the dynamic ones and those in types included. */
function findImports(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  visitAll(source, (node) => {
    let specifier: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      specifier = node.moduleSpecifier;
    } else if (ts.isImportTypeNode(node)) {
      specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      specifier = node.arguments[0];
    }
    if (specifier && ts.isStringLiteralLike(specifier)) {
      imports.push({ from: specifier.text, line: lineOf(source, node) });
    }
  });
  return imports;
}

function findWords(source: ts.SourceFile, forbidden: readonly string[]) {
  const found: { word: string; line: number }[] = [];
  visitAll(source, (node) => {
    const word = wordOf(node);
    if (forbidden.includes(word)) found.push({ word, line: lineOf(source, node) });
  });
  return found;
}

/** The name that a node uses from the outside; members and keys of that name are others' own. */
function wordOf(node: ts.Node): string {
  if (ts.isPropertyAccessExpression(node)) {
    return `${node.expression.getText()}.${node.name.getText()}`;
  }
  if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) return "await";
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return "async";
  if (!ts.isIdentifier(node)) return "";
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  const isKey = (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent)) && parent.name === node;
  return isMember || isKey ? "" : node.text;
}

/** Each circle once, as the files on it. */
function findCircles(graph: ReadonlyMap<string, readonly Import[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    if (done.has(file)) return;
    path.push(file);
    for (const { from, line } of graph.get(file) ?? []) {
      const at = path.indexOf(from);
      if (at < 0) visit(from);
      else circles.push(`${file}:${line}: circle: ${[...path.slice(at), from].join(" -> ")}`);
    }
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}

async function readFiles(folder: string, files: Map<string, string>): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await readFiles(path, files);
    else if (/(?<!\.d)\.ts$|\.js$/.test(name)) {
      files.set(path, await Deno.readTextFile(path));
    }
  }
}

if (import.meta.main) {
  const files = new Map([["main.ts", await Deno.readTextFile("main.ts")]]);
  await readFiles("lib", files);
  const problems = checkImports(new Map([...files].sort()));
  for (const problem of problems) console.error(problem);
  console.error(`${files.size} files checked, ${problems.length} problems`);
  if (problems.length > 0) Deno.exit(1);
}
