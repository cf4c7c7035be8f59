import { describe, expect, it } from "vitest";
import { HubError } from "../errors.ts";
import { pluginFolder, pluginText } from "../plugins/plugin-files.fixture.ts";
import { testIo } from "./cli.fixture.ts";
import { validateCommand } from "./validate.ts";

const good = `handlers:
  metrics: { adapter: prometheus }
instances:
  requests: { template: metric, params: { dimensions: { code: response.code } } }
rules:
  - { name: http, match: context.protocol == "http", actions: [{ handler: metrics, instances: [requests] }] }
`;

const bad = `handlers:
  metrics:
    adapter: prometheus
    params: { maxSerie: 100, metrics: { requests: { kind: counter } } }
instances:
  requests:
    template: metric
    params:
      dimensions:
        source: source.workload.nam | "unknown"
        code: response.code
rules:
  - name: http
    match: context.protocol == "http" && request.path.startWith("/api")
    actions: [{ handler: metric, instances: [requests] }]
`;

async function validate(argv: readonly string[], files: Record<string, string> = {}) {
  const { io, out, err } = testIo(files);
  return { status: await validateCommand.run(argv, io), out: out(), err: err() };
}

describe("mixdown validate", () => {
  it("is content with a good configuration", async () => {
    expect(await validate(["--config", "m.yaml"], { "m.yaml": good })).toEqual({
      status: 0,
      out: "the configuration is good: 1 handler, 1 instance, 1 rule\n",
      err: "",
    });
  });

  it("is content with the built-in one, and has nothing to warn of", async () => {
    expect(await validate([])).toEqual({
      status: 0,
      out: "the configuration is good: 1 handler, 8 instances, 4 rules\n",
      err: "",
    });
  });

  it("gives one message for each typo: in a parameter, an attribute, an expression and a handler", async () => {
    expect(await validate(["--config", "m.yaml"], { "m.yaml": bad })).toEqual({
      status: 78,
      out: [
        'm.yaml:4:15: unknown key "maxSerie". Did you mean "maxSeries"?',
        'm.yaml:10:17: unknown attribute "source.workload.nam". Did you mean "source.workload.name"?',
        'm.yaml:14:55: unknown method "startWith". Did you mean "startsWith"?',
        'm.yaml:15:26: unknown handler "metric". Did you mean "metrics"?',
        "",
      ].join("\n"),
      err: "4 problems\n",
    });
  });

  it("speaks JSON", async () => {
    const { status, out, err } = await validate(["--config", "m.yaml", "--format", "json"], { "m.yaml": bad });
    expect([status, err]).toEqual([78, ""]);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ ok: false, warnings: [] });
    expect(report.problems).toHaveLength(4);
    expect(report.problems[3]).toEqual({
      file: "m.yaml",
      line: 15,
      column: 26,
      path: "rules[0].actions[0].handler",
      message: 'unknown handler "metric"',
      suggestion: "metrics",
    });
    const fine = await validate(["--config=m.yaml", "--format=json"], { "m.yaml": good });
    expect(JSON.parse(fine.out)).toEqual({ ok: true, problems: [], warnings: [] });
  });

  it("merges several files", async () => {
    const files = { "a.yaml": good, "b.yaml": "handlers: { metrics: { adapter: prometheus } }\n" };
    const { status, out } = await validate(["--config", "a.yaml", "--config", "b.yaml"], files);
    expect([status, out]).toEqual([78, 'b.yaml:1:13: "metrics" is already set in a.yaml:2\n']);
  });

  it("checks the settings of a plug-in like those of what is built in, and lists everything at once", async () => {
    const folder = pluginFolder();
    folder.write("demo.ts", pluginText({ config: 'z.strictObject({ size: z.int().describe("How many.") })' }));
    folder.write("picky.ts", pluginText({ config: "z.object({ a: z.string().refine(async () => true) })" }));
    folder.write("broken.ts", "export default {");
    const config = folder.write(
      "mesh.yaml",
      `handlers:
  a: { adapter: ./demo.ts, params: { size: many, colour: red } }
  b: { adapter: ./broken.ts }
  c: { adapter: prometheos }
  d: { adapter: ./demo.ts, params: { size: 1 } }
  e: { adapter: ./picky.ts, params: { a: x } }
rules: [{ name: r, match: request.pth == "", actions: [{ handler: d, instances: [i] }] }]
instances: { i: { template: metric } }
`,
    );
    const { status, out } = await validate(["--config", config]);
    const lines = out.replaceAll(`${folder.path}/`, "").trimEnd().split("\n");
    folder.remove();
    expect(status).toBe(78);
    expect(lines).toEqual([
      'mesh.yaml:2:44: "size" is text (expected a whole number)',
      'mesh.yaml:2:50: unknown key "colour" (expected "size")',
      expect.stringMatching(/^mesh.yaml:3:17: the adapter ".\/broken.ts" cannot be loaded: broken.ts:1: SyntaxError: /),
      'mesh.yaml:4:17: unknown adapter "prometheos". Did you mean "prometheus"?',
      expect.stringMatching(/^mesh.yaml:6:\d+: the adapter demo failed over these settings: .*sync/),
      'mesh.yaml:7:27: unknown attribute "request.pth". Did you mean "request.path"?',
    ]);
  });

  it("tells where a plug-in throws over its settings", async () => {
    const folder = pluginFolder();
    const fails = '() => { throw new Error("no"); }';
    folder.write("far.ts", pluginText({ endpoints: fails }));
    folder.write("door.ts", pluginText({ checks: `{ instance: "none", reads: ${fails}, open: async () => ({}) }` }));
    folder.write("limits.ts", pluginText({ rateLimits: `{ store: ${fails}, open: async () => ({}) }` }));
    const config = folder.write(
      "mesh.yaml",
      `handlers:
  far: { adapter: ./far.ts }
  door: { adapter: ./door.ts }
  limits: { adapter: ./limits.ts }
rules: [{ name: r, check: { handler: door } }]
`,
    );
    const { status, out } = await validate(["--config", config]);
    folder.remove();
    const lines = out.split("\n").filter((line) => line.endsWith("the adapter demo failed over these settings: no"));
    expect([status, lines.map((line) => /:(\d+):/.exec(line)?.[1])]).toEqual([78, ["2", "3", "4"]]);
  });

  it("says that a file is not there", async () => {
    const { status, out } = await validate(["--config", "/no/such.yaml"]);
    expect([status, out]).toEqual([78, "/no/such.yaml:1:1: the file cannot be read: there is no such file\n"]);
  });

  it("refuses other formats", async () => {
    await expect(validate(["--format", "xml"])).rejects.toThrow(HubError);
  });
});
