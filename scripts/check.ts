import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { root, runStep, type Step, type StepResult, script, tool } from "./run-step.ts";

/** Everything `npm run check` looks at, in order. Each test file runs in exactly one step. */
function steps(withTests: boolean): Step[] {
  const all = [
    script("generated code", "scripts/generate.ts", "--check"),
    script("configuration schema", "scripts/generate-config-schema.ts", "--check"),
    tool("format and lint", "biome", "check", "."),
    tool("types", "tsc", "-p", "."),
    tool("import directions", "vitest", "run", "test/structure"),
    tool("examples", "vitest", "run", "test/examples"),
  ];
  const tests = tool("tests", "vitest", "run", "--exclude", "test/structure/**", "--exclude", "test/examples/**");
  return withTests ? [...all, tests] : all;
}

function line({ name, ok, seconds }: StepResult): string {
  return `${ok ? "ok    " : "FAILED"}  ${name} (${seconds.toFixed(1)} s)`;
}

function summary(results: readonly StepResult[]): string {
  const failed = results.filter((result) => !result.ok).map((result) => result.name);
  const verdict = failed.length === 0 ? "check: all good" : `check: failed: ${failed.join(", ")}`;
  return ["", ...results.map(line), verdict].join("\n");
}

/** A step whose script is missing fails by name instead of with Node's own stack. */
async function run(step: Step): Promise<StepResult> {
  const file = step.args[0] ?? "";
  if (file.startsWith("scripts/") && !existsSync(root + file))
    return { name: step.name, ok: false, output: `${file} does not exist\n`, seconds: 0 };
  return runStep(step);
}

const { values } = parseArgs({
  options: { "no-tests": { type: "boolean", default: false }, report: { type: "string" } },
});
const results: StepResult[] = [];
for (const step of steps(!values["no-tests"])) {
  const result = await run(step);
  results.push(result);
  console.log(line(result));
  if (!result.ok) console.log(result.output);
}
console.log(summary(results));
if (values.report !== undefined) {
  const failed = results.filter((result) => !result.ok).length;
  writeFileSync(values.report, JSON.stringify({ passed: results.length - failed, failed }));
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1;
