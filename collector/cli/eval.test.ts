import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { testIo } from "./cli.fixture.ts";
import { evalCommand, runEval } from "./eval.ts";

async function run(argv: readonly string[], files: Record<string, string> = {}, stdin: readonly string[] = []) {
  const { io, out, err } = testIo(files);
  async function* chunks() {
    for (const text of stdin) yield Buffer.from(text);
  }
  const status = await runEval(argv, { ...io, stdin: chunks() });
  return { status, out: out(), err: err() };
}

async function lines(cases: readonly unknown[], argv: readonly string[] = [], files: Record<string, string> = {}) {
  const { out } = await run(["--jsonl", ...argv], files, [cases.map((line) => JSON.stringify(line)).join("\n")]);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("one expression", () => {
  const attributes = JSON.stringify({
    "request.path": "/api/v1/items",
    "response.code": "503",
    "response.duration": "1.5s",
    "request.time": "2026-01-02T15:04:05.5Z",
    "source.ip": "::ffff:10.0.0.1",
    "request.headers": { host: "shop" },
    "context.weight": 2.5,
    "connection.mtls": true,
  });

  it.each([
    ["1 + 2", "3"],
    ["9223372036854775807", '"9223372036854775807"'],
    ['request.path.glob("/api/*/items")', "true"],
    ["response.code", "503"],
    ["response.duration", '"1.5s"'],
    ["request.time", '"2026-01-02T15:04:05.5Z"'],
    ["source.ip", '"10.0.0.1"'],
    ["request.headers", '{"host":"shop"}'],
    ["context.weight", "2.5"],
    ["1.0 / 0.0", '"Infinity"'],
    ["connection.mtls", "true"],
    ['[1, 2u, 1.5, response.duration, source.ip, null, {1: "a"}]', '["1","2",1.5,"1.5s","10.0.0.1",null,[["1","a"]]]'],
  ])("%s is %s", async (expression, expected) => {
    const result = await run([expression, "--attributes", "a.json"], { "a.json": attributes });
    expect(result).toEqual({ status: 0, out: `${expected}\n`, err: "" });
  });

  it("says on standard error what does not compile, and ends with 78", async () => {
    const { status, out, err } = await run(['request.pth == "/"']);
    expect([status, out]).toEqual([78, ""]);
    expect(err).toBe('1:1: unknown attribute "request.pth"; did you mean request.path?\n');
  });

  it("ends with 1 if there is no value", async () => {
    expect(await run(["request.path"])).toEqual({ status: 1, out: "", err: "no value: request.path is absent\n" });
    expect((await run(["1 / 0"])).err).toBe("no value: division by zero\n");
  });

  it("reads a vocabulary in place of the built-in one", async () => {
    const files = { "v.json": '{"a.b":"INT64"}', "a.yaml": "a.b: 20" };
    expect((await run(["a.b * 2", "--vocabulary", "v.json", "--attributes", "a.yaml"], files)).out).toBe("40\n");
    expect((await run(["request.path", "--vocabulary", "v.json"], files)).status).toBe(78);
  });

  it.each([
    [["1", "--attributes", "a.json"], { "a.json": '{"request.pth":"x"}' }, /a\.json: .*did you mean request\.path/],
    [["1", "--attributes", "a.json"], { "a.json": '{"response.code":"x"}' }, /response\.code: expected INT64, got "x"/],
    [["1", "--attributes", "a.json"], { "a.json": "[1]" }, /expected an object/],
    [["1", "--vocabulary", "v.json"], { "v.json": '{"a":"STRNG"}' }, /unknown type "STRNG"; did you mean STRING/],
    [["1", "--attributes", "missing.json"], {}, /cannot read missing\.json/],
    [["1", "--dialect", "cexl"], {}, /cexl is not supported yet/],
    [["1", "--dialect", "cell"], {}, /did you mean cel/],
    [[], {}, /an expression is missing/],
    [["1", "--jsonl"], {}, /leave EXPR and --attributes out/],
    [["1", "--vocabulary", "v.json"], { "v.json": '{"vocabularies":{"x":{},"y":{}}}' }, /several vocabularies/],
  ])("%j is refused", async (argv, files, message) => {
    await expect(run(argv, files)).rejects.toThrow(message);
  });

  it("has help with examples", () => {
    expect(evalCommand.help).toContain("Examples:");
  });
});

describe("lines", () => {
  const vocabulary = {
    ar: "STRING_MAP",
    ai: "INT64",
    ip: "IP_ADDRESS",
    du: "DURATION",
    dns: "DNS_NAME",
    ti: "TIMESTAMP",
  };

  it("writes one result for each, in order, with what was read", async () => {
    const input = {
      ar: { type: "STRING_MAP", value: { b: "c" } },
      ai: { type: "INT64", value: "9151314447095037952" },
    };
    expect(
      await lines([
        { expr: 'ar["x"] | ar["b"]', vocabulary, input },
        { expr: "ai | 1", vocabulary, input },
        { expr: "ai | 42", vocabulary, input: {} },
        { expr: "ai == ip", vocabulary, input },
        { expr: "ai", vocabulary, input: {} },
        { expr: "size(ar)", vocabulary, input },
      ]),
    ).toEqual([
      { kind: "value", value: { type: "STRING", value: "c" }, referenced: ["-ar[x]", "ar", "ar[b]"] },
      { kind: "value", value: { type: "INT64", value: "9151314447095037952" }, referenced: ["ai"] },
      { kind: "value", value: { type: "INT64", value: "42" }, referenced: ["-ai"] },
      { kind: "compileError", error: expect.stringContaining("1:4: == needs both sides of one type") },
      { kind: "evalError", error: "ai is absent" },
      { kind: "value", value: { type: "INT64", value: "1" }, referenced: ["ar"] },
    ]);
  });

  it("keeps values in the encodings they came in", async () => {
    const input = {
      ip: { type: "BYTES_HEX", value: "04050607" },
      du: { type: "DURATION_NS", value: "19000000" },
      dns: { type: "STRING", value: "istio.io" },
      ti: { type: "TIMESTAMP", value: "1977-02-04T12:00:00Z" },
    };
    const results = await lines(
      ["ip", "du", "dns", "ti", 'ip("5.6.7.8")', 'ip("2001:db8::1")'].map((expr) => ({ expr, vocabulary, input })),
    );
    expect(results.map(({ value }) => value)).toEqual([
      { type: "BYTES_HEX", value: "04050607" },
      { type: "DURATION_NS", value: "19000000" },
      { type: "STRING", value: "istio.io" },
      { type: "TIMESTAMP", value: "1977-02-04T12:00:00Z" },
      { type: "BYTES_HEX", value: "00000000000000000000ffff05060708" },
      { type: "BYTES_HEX", value: "20010db8000000000000000000000001" },
    ]);
  });

  it("takes values of the wrong type as absent", async () => {
    const [result] = await lines([{ expr: "ai | 7", vocabulary, input: { ai: { type: "STRING", value: "x" } } }]);
    expect(result).toEqual({ kind: "value", value: { type: "INT64", value: "7" }, referenced: ["-ai"] });
  });

  it("picks vocabularies of the file by name", async () => {
    const files = { "v.json": '{"vocabularies":{"one":{"x":"BOOL"},"two":{"x":"STRING"}}}' };
    const results = await lines(
      [
        { expr: "x | true", vocabulary: "one", input: {} },
        { expr: 'x | ""', vocabulary: "two", input: {} },
        { expr: "1", vocabulary: "tow", input: {} },
        { expr: "1", input: {} },
      ],
      ["--vocabulary", "v.json"],
      files,
    );
    expect(results.map(({ value, error }) => value ?? error)).toEqual([
      { type: "BOOL", value: true },
      { type: "STRING", value: "" },
      expect.stringContaining("did you mean two?"),
      expect.stringContaining("names no vocabulary"),
    ]);
  });

  it("answers a line that is no JSON with an error of its own", async () => {
    const { out, status } = await run(["--jsonl"], {}, ['{"expr":"1"', ',"input":{}}\nnonsense\n\n{"expr":"2"}']);
    const kinds = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).kind);
    expect([status, kinds]).toEqual([0, ["value", "compileError", "value"]]);
  });
});

const recorded = new URL("../../../shared/conformance/cexl.json", import.meta.url);

describe.runIf(existsSync(recorded))("recorded expressions of Mixer that mean the same here", () => {
  const same =
    /^(?:comparison|default|literal-or-attribute|index|function:(?:match|ip|timestamp|conditional|startsWith|endsWith))$/;
  const { cases, vocabularies } = JSON.parse(readFileSync(recorded, "utf8"));
  const usable = cases.filter(
    ({ expect: expected, category }: { expect: { kind: string }; category: string }) =>
      expected.kind === "value" && same.test(category),
  );

  it("there are some", () => expect(usable.length).toBeGreaterThan(50));

  it("give the same values and read the same attributes", async () => {
    const results = await lines(usable, ["--vocabulary", "v.json"], { "v.json": JSON.stringify({ vocabularies }) });
    const differing = results.flatMap((result, i) => {
      const { expr, expect: expected, referenced } = usable[i];
      const right = JSON.stringify(result.value) === JSON.stringify(expected.value);
      const read = referenced === null || JSON.stringify(result.referenced) === JSON.stringify(referenced);
      return right && read ? [] : [expr];
    });
    expect(differing).toEqual([
      'match(request.headers["user-agent"], "curl*")', // there a missing key is the empty text, here it is absent
      "auri == buri", // there hosts of URIs are compared without case, here URIs are texts
    ]);
  });
});
