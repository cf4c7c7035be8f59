import { z } from "zod";
import { type Adapter, defineAdapter } from "../../adapters/adapter.ts";
import { nearest } from "../expr/nearest.ts";
import type { Compile } from "./check-expressions.ts";
import { type Loaded, type LoadOptions, loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

/** An adapter with settings of every kind, for tests of the configuration alone. */
export const gauge: Adapter = defineAdapter({
  type: "gauge",
  summary: "Takes metrics and forgets them.",
  accepts: ["metric"],
  config: z.strictObject({
    url: z.string().min(1).optional(),
    size: z.int().positive().default(10),
    ratio: z.number().min(0).max(1).default(1),
    loud: z.boolean().default(false),
    mode: z.enum(["slow", "fast"]).default("fast"),
    metrics: z
      .record(z.string(), z.strictObject({ kind: z.enum(["counter", "gauge"]).default("counter") }))
      .default({}),
  }),
  validate({ metrics }, instances) {
    const sent = new Set(instances.map(({ name }) => name));
    return Object.keys(metrics as object)
      .filter((name) => !sent.has(name))
      .map((name) => ({ path: ["metrics", name], message: `no rule sends the instance "${name}" to this handler` }));
  },
  async open() {
    return { record() {}, async close() {} };
  },
});

/** Knows attribute names, text, numbers and a few operators: enough to be wrong at a place. */
export const compile: Compile = (text, { vocabulary, expect }) => {
  const problems: { line: number; column: number; message: string; suggestion?: string }[] = [];
  const slots: number[] = [];
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    for (const match of line.matchAll(/"[^"]*"|[A-Za-z_][\w.]*|=+|[^\s\w"]/g)) {
      const place = { line: index + 1, column: match.index + 1 };
      const word = match[0];
      if (word === "=") problems.push({ ...place, message: "unexpected =", suggestion: "==" });
      if (!/^[A-Za-z_]/.test(word) || word === "true" || word === "false") continue;
      const slot = vocabulary.slot(word);
      if (slot !== undefined) slots.push(slot);
      else {
        const suggestion = nearest(
          word,
          vocabulary.attributes.map(({ name }) => name),
        );
        problems.push({
          ...place,
          message: `unknown attribute ${word}`,
          ...(suggestion === undefined ? {} : { suggestion }),
        });
      }
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const type =
    vocabulary.typeOf(text) ??
    (/^(true|false)$|==/.test(text)
      ? "BOOL"
      : /^-?\d+$/.test(text)
        ? "INT64"
        : /^-?\d/.test(text)
          ? "DOUBLE"
          : "STRING");
  if (expect && !expect.includes(type))
    return { ok: false, problems: [{ line: 1, column: 1, message: `this is ${type}, wanted ${expect[0]}` }] };
  return { ok: true, expression: { text, type, slots, requires: [], evaluate: () => undefined } };
};

/** Loads files that exist only here, the first named `a.yaml`, the next `b.yaml`, ... */
export function load(
  texts: readonly string[],
  over: Partial<LoadOptions> & { files?: Record<string, string> } = {},
): Loaded {
  const names = texts.map((_, index) => `${String.fromCharCode(97 + index)}.yaml`);
  const files = new Map([
    ...names.map((name, index): [string, string] => [name, texts[index] ?? ""]),
    ...Object.entries(over.files ?? {}),
  ]);
  const readFile = (path: string) => {
    const text = files.get(path);
    if (text === undefined) throw Object.assign(new Error(`ENOENT ${path}`), { code: "ENOENT" });
    return text;
  };
  return loadConfig(names, { env: {}, adapters: [gauge], compile, readFile, ...over });
}

/** The messages of a load as a user sees them. */
export function messages(loaded: Loaded): string[] {
  return (loaded.ok ? loaded.warnings : loaded.problems).map(formatProblem);
}
