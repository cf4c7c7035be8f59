import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

/** A benchmark gives figures by name; each also runs a plain baseline in the same run where there is one. */
type Figures = Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[];

/** Every benchmark, loaded when it runs. */
const benchmarks: Readonly<Record<string, () => Promise<Figures>>> = {
  decode: async () => ({ ...(await import("./decode.bench.ts")).runDecodeBench() }),
  expr: async () => (await import("./expr.bench.ts")).runExprBench().map((row) => ({ ...row })),
  series: async () => ({ ...(await (await import("./series.bench.ts")).runSeriesBench()) }),
  path: async () => ({ ...(await (await import("./path.bench.ts")).runPathBench()) }),
  "policy-path": async () => ({ ...(await (await import("./policy-path.bench.ts")).runPolicyPathBench()) }),
  stream: async () => ({ ...(await (await import("./stream.bench.ts")).runStreamBench()) }),
  report: async () => ({ ...(await (await import("./report.bench.ts")).runReportBench()) }),
  check: async () => (await (await import("./check.bench.ts")).runCheckBench()).map((row) => ({ ...row })),
  spans: async () => (await (await import("./spans.bench.ts")).runSpansBench()).map((row) => ({ ...row })),
  others: async () => ({ ...(await (await import("./others.bench.ts")).runOthersBench()) }),
  tail: async () => (await (await import("./tail.bench.ts")).runTailBench()).map((row) => ({ ...row })),
  stats: async () => ({ ...(await (await import("./stats.bench.ts")).runStatsBench()) }),
  lanes: async () => ({ ...(await (await import("./lanes.bench.ts")).runLanesBench()) }),
  spool: async () => ({ ...(await (await import("./spool.bench.ts")).runSpoolBench()) }),
  kafka: async () => ({ ...(await (await import("./kafka.bench.ts")).runKafkaBench()) }),
  memory: async () => ({ ...(await (await import("./memory.bench.ts")).runMemoryBench()) }),
};

// Servers that a benchmark has started end when this process does.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const { values, positionals } = parseArgs({ options: { json: { type: "string" } }, allowPositionals: true });
const wanted = positionals.length === 0 ? Object.keys(benchmarks) : positionals;
const results: Record<string, Figures> = {};
for (const name of wanted) {
  const run = benchmarks[name];
  if (run === undefined) throw new Error(`there is no benchmark "${name}": ${Object.keys(benchmarks).join(", ")}`);
  results[name] = await run();
  console.log(`\n${name}`);
  console.table(rounded(results[name]));
}
const report = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, results };
if (values.json === undefined) console.log(JSON.stringify(report));
else writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);

/** Figures with as many digits as mean something. */
function rounded(figures: Figures): unknown {
  return JSON.parse(
    JSON.stringify(figures, (_key, value) =>
      typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
    ),
  );
}
