import { z } from "zod";
import { type Adapter, defineAdapter } from "../../adapters/adapter.ts";
import { compile } from "../expr/compile.ts";
import type { CheckedConfig, CheckedMetric } from "./checked.ts";
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

/** An instance of a checked configuration, if it is a metric. */
export function metricOf({ instances }: CheckedConfig, name: string): CheckedMetric | undefined {
  const instance = instances.get(name);
  return instance?.template === "metric" ? instance : undefined;
}

/** An adapter that takes every template that rules send, with expressions of its own. */
export const journal: Adapter = defineAdapter({
  type: "journal",
  summary: "Takes everything and forgets it.",
  accepts: ["metric", "logentry", "edge", "tracespan"],
  config: z.strictObject({
    topic: z.string().optional(),
    key: z.string().meta({ expression: true }).optional(),
    path: z.string().meta({ expression: true }).default('"all"'),
  }),
  async open() {
    return { record() {}, async close() {} };
  },
});
