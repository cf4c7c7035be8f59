import { writeFileSync } from "node:fs";
import type { Command, CommandIo } from "./command.ts";
import { parseArguments, usage } from "./parse-arguments.ts";
import { formatDifferences } from "./policy/compare.ts";
import { toJunit } from "./policy/junit.ts";
import { type FileResult, runFile } from "./policy/run-file.ts";

const MAX_FILES = 1000;

/** Runs files of cases: given attributes, expected verdicts. */
export const testCommand: Command = {
  name: "test",
  summary: "Runs files of cases against policy rules: given attributes, expected verdicts.",
  help: `Usage: mixdown test FILE... [--json] [--junit FILE]

Decides on the requests in each file as the hub would, without one, and holds the verdicts
against what the file expects. A case that is not as expected is shown as a diff (- what
was expected, + what came). Ends with 0 if all are, with 1 if not, with 78 if a file is
wrong. A file has:

  config: mesh.yaml        or a list; relative to the file
  default: allow           what becomes of requests that no rule decides on; or deny
  cases:
    - name: nobody gets at the admin pages
      attributes: { request.path: /admin }
      repeat: 1            asks so often; the last verdict counts
      expect: { allowed: false, rule: no-admin, httpStatus: 403 }

expect takes allowed, rule, code (gRPC), httpStatus, message, body, headers (null: there
must be none) and shadow ({ rule, allowed }, or null). Each case begins with whole budgets.

  --json        Results as JSON: {"ok","files":[{"file","cases":[{"name","ok","differences"}]}]}.
  --junit FILE  Writes them in the XML of JUnit as well.

Examples:
  mixdown test policy.test.yaml
  mixdown test tests/*.yaml --junit report.xml
`,
  async run(argv, io) {
    const { values, positionals } = parseArguments(argv, {
      verb: "test",
      options: { json: { type: "boolean", default: false }, junit: { type: "string" } },
      maxPositionals: MAX_FILES,
    });
    if (positionals.length === 0) throw usage("test", "a file is missing");
    const files: FileResult[] = [];
    for (const file of positionals) files.push(await runFile(file, io));
    const ok = files.every(({ cases }) => cases.every((each) => each.ok));
    if (values.junit !== undefined) writeFileSync(values.junit, toJunit(files));
    if (values.json) io.stdout.write(`${JSON.stringify({ ok, files }, undefined, 2)}\n`);
    else writeText(files, io);
    return ok ? 0 : 1;
  },
};

function writeText(files: readonly FileResult[], { stdout }: CommandIo): void {
  const cases = files.flatMap(({ file, cases }) => cases.map((each) => ({ file, ...each })));
  const failed = cases.filter(({ ok }) => !ok);
  for (const { file, name, differences } of failed)
    stdout.write(
      `${file}: ${name}\n${formatDifferences(differences)
        .map((line) => `  ${line}\n`)
        .join("")}`,
    );
  stdout.write(`${cases.length - failed.length} passed, ${failed.length} failed\n`);
}
