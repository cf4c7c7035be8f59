import { performance } from "node:perf_hooks";
import { compile, compileTracked } from "../collector/expr/compile.ts";
import type { Compiled, Expression, Slots } from "../collector/expr/expression.ts";
import { type AttributeName, createVocabulary, slotOf } from "../schemas/attributes/vocabulary.ts";
import type { Value } from "../schemas/model/value.ts";

/** One expression's time for an evaluation, in nanoseconds. */
export interface ExprBench {
  readonly expression: string;
  /** As rules run it. */
  readonly ns: number;
  /** With one closure for each node and every read told to a listener, as tracking runs it. */
  readonly trackedNs: number;
}

const expressions = [
  'context.protocol == "http"',
  "response.code >= 500",
  'source.workload.name | "unknown"',
  'source.canonical.name | source.workload.name | "unknown"',
  'source.workload.namespace | "unknown" == "shop"',
  'context.protocol == "http" || context.protocol == "grpc"',
  'request.method in ["GET", "HEAD", "OPTIONS", "PUT"]',
  'string(response.code) | "0"',
  'request.headers["x-team"] == "checkout"',
  'request.path.startsWith("/api/") && response.code >= 500',
  'response.duration > duration("1s")',
  'cidr("10.0.0.0/8").contains(source.ip)',
  'request.path.glob("/api/*/items/**")',
  'request.path.matches("^/api/v[0-9]+/")',
  'request.headers.exists(name, name.startsWith("x-debug"))',
];

const vocabulary = createVocabulary();
const rounds = 300_000;

/** Measures predicates and label expressions over a handful of records. */
export function runExprBench(): readonly ExprBench[] {
  const records = Array.from({ length: 16 }, (_, i) => recordOf(i));
  const listener = { attribute() {}, whole() {}, key() {} };
  const fused = expressions.map((text) => required(compile(text, { vocabulary })));
  const tracked = expressions.map((text) => required(compileTracked(text, { vocabulary }, listener)));
  // All of them run before any is measured, so that each meets call sites that have seen the others, as in a rule table.
  for (const expression of [...fused, ...tracked]) nanosEach(expression, records);
  return expressions.map((expression, i) => ({
    expression,
    ns: nanosEach(fused[i]!, records),
    trackedNs: nanosEach(tracked[i]!, records),
  }));
}

function required(compiled: Compiled): Expression {
  if (!compiled.ok) throw new Error(compiled.problems[0]?.message);
  return compiled.expression;
}

function nanosEach(expression: Expression, records: readonly Slots[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    for (let i = 0; i < rounds; i++) expression.evaluate(records[i & 15]!);
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / rounds;
}

function recordOf(i: number): Slots {
  const values = new Array<Value | undefined>(vocabulary.attributes.length).fill(undefined);
  const set = (name: AttributeName, value: Value) => {
    values[slotOf(name)] = value;
  };
  set("context.protocol", i % 3 === 0 ? "grpc" : "http");
  set("response.code", i % 4 === 0 ? 503 : 200);
  if (i % 2 === 0) set("source.workload.name", `workload-${i}`);
  set("source.workload.namespace", i % 2 === 0 ? "shop" : "bank");
  set("request.method", i % 2 === 0 ? "GET" : "POST");
  set(
    "request.headers",
    new Map([
      ["x-team", "checkout"],
      ["user-agent", "bench"],
      ["x-request-id", String(i)],
    ]),
  );
  set("request.path", `/api/v${i}/items/${i}`);
  set("response.duration", i * 100_000_000);
  set("source.ip", `10.0.${i}.7`);
  return values;
}

if (import.meta.main) console.table(runExprBench());
