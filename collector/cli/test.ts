import { writeFileSync } from "node:fs";
import type { Command, CommandIo } from "./command.ts";
import { oneOfChoices, parseArguments, usage } from "./parse-arguments.ts";
import { formatDifferences } from "./policy/compare.ts";
import { toJunit } from "./policy/junit.ts";
import { type FileResult, runFile } from "./policy/run-file.ts";

const MAX_FILES = 1000;
const reporters = ["text", "json", "junit"] as const;

/** Runs files of cases: what requests and records come to by a configuration. */
export const testCommand: Command = {
  name: "test",
  summary: "Runs files of cases: requests and records, and the verdicts, metrics and logs expected of them.",
  help: `Usage: mixdown test FILE... [--reporter text|json|junit] [--junit FILE]

Decides on the requests in each file, and takes the records, as the hub would, without one,
and holds what comes of it against what the file expects. A case that is not as expected is
shown as a diff (- what was expected, + what came) with its place. Ends with 0 if all are, with
1 if not, with 78 if a file is wrong. A file has:

  config: mesh.yaml        or a list; relative to the file
  default: allow           what becomes of requests that no rule decides on; or deny
  cases:
    - name: nobody gets at the admin pages
      attributes: { request.path: /admin }   what is asked about; or
      request: { attributes: ... }           a CheckRequest of Envoy's ext_authz; or
      rateLimit: { domain, descriptors }     a rate limit request, as in POST /json
      repeat: 1                              asks so often; the last verdict counts
      answers: { opa: down }                 what handlers that rules ask are to answer:
                                             pass, deny, down, late, { pass: ... }, { deny: ... }
      reports: [{ response.code: 403 }]      records of requests; each begins as attributes
      expect:
        allowed: false
        metrics: { prometheus: { 'requests_total{code="403"}': 1 } }
        logs: { audit: [{ severity: warn, variables: { path: /admin } }] }

expect takes allowed, rule, code (gRPC), httpStatus, message, body, headers (null: there
must be none), shadow ({ rule, allowed }, or null), rateLimit (its answer as JSON), and by
handler metrics, logs, edges and spans. Each case begins with whole budgets and nothing
counted. See docs/policy.md.

  --reporter KIND  How results are written: text (default); json: {"ok","files":[{"file",
                   "cases":[{"name","line","ok","differences"}]}]}; or junit.
  --json           The same as --reporter json.
  --junit FILE     Writes them in the XML of JUnit to a file as well.

Examples:
  mixdown test policy.test.yaml
  mixdown test tests/*.yaml --junit report.xml
  mixdown test tests/*.yaml --reporter junit > report.xml
`,
  async run(argv, io) {
    const { values, positionals } = parseArguments(argv, {
      verb: "test",
      options: {
        reporter: { type: "string" },
        json: { type: "boolean", default: false },
        junit: { type: "string" },
      },
      maxPositionals: MAX_FILES,
    });
    if (positionals.length === 0) throw usage("test", "a file is missing");
    const reporter = oneOfChoices("test", "reporter", values.reporter ?? (values.json ? "json" : "text"), reporters);
    const files: FileResult[] = [];
    for (const file of positionals) files.push(await runFile(file, io));
    const ok = files.every(({ cases }) => cases.every((each) => each.ok));
    if (values.junit !== undefined) writeFileSync(values.junit, toJunit(files));
    if (reporter === "json") io.stdout.write(`${JSON.stringify({ ok, files }, undefined, 2)}\n`);
    else if (reporter === "junit") io.stdout.write(toJunit(files));
    else writeText(files, io);
    return ok ? 0 : 1;
  },
};

function writeText(files: readonly FileResult[], { stdout }: CommandIo): void {
  const cases = files.flatMap(({ file, cases }) => cases.map((each) => ({ file, ...each })));
  const failed = cases.filter(({ ok }) => !ok);
  for (const { file, line, name, differences } of failed)
    stdout.write(
      `${file}:${line}: ${name}\n${formatDifferences(differences)
        .map((line) => `  ${line}\n`)
        .join("")}`,
    );
  stdout.write(`${cases.length - failed.length} passed, ${failed.length} failed\n`);
}
