// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test looks like that
import { describe, expect, it } from "vitest";
import { substitute } from "./environment.ts";
import { load, messages } from "./load.fixture.ts";

const env = {
  NAME: "mesh",
  PORT: "4317",
  EMPTY: "",
  YES: "true",
  NOTHING: "null",
  HALF: "0.5",
  HEX: "0x1F",
  ZIP: "01234",
  NESTED: "${env:NAME}",
};

describe("substitution", () => {
  const cases: readonly [string, unknown][] = [
    ["${env:NAME}", "mesh"],
    ["a-${env:NAME}-b", "a-mesh-b"],
    ["${env:NAME}${env:PORT}", "mesh4317"],
    ["${env:PORT}", 4317],
    ["port ${env:PORT}", "port 4317"],
    ["${env:YES}", true],
    ["${env:HALF}", 0.5],
    ["${env:HEX}", 31],
    ["${env:NOTHING}", null],
    ["${env:EMPTY}", ""],
    ["${env:EMPTY:-full}", "full"],
    ["${env:GONE:-7}", 7],
    ["${env:GONE:-}", ""],
    ["${env:GONE:-a:-b}", "a:-b"],
    ["$${env:NAME}", "${env:NAME}"],
    ["$5 and $", "$5 and $"],
    ["${env:NESTED}", "${env:NAME}"],
  ];
  it.each(cases)("%s gives %j", (text, value) => {
    expect(substitute(text, env)).toMatchObject({ value, problems: [] });
  });

  it("keeps the text of what got a type, for settings that want text", () => {
    expect(substitute("${env:ZIP}", env)).toMatchObject({ value: 1234, text: "01234" });
  });

  const faulty: readonly [string, number, string][] = [
    ["a ${env:GONE}", 2, "environment variable GONE is not set"],
    ["${NAME}", 0, "unknown substitution"],
    ["${evn:NAME}", 0, "unknown substitution"],
    ["${env:NAME", 0, "unknown substitution"],
    ["${env:1}", 0, "unknown substitution"],
  ];
  it.each(faulty)("%s is refused", (text, offset, message) => {
    expect(substitute(text, env).problems).toMatchObject([{ offset, message }]);
  });
});

describe("in a file", () => {
  it("settings get the type they want", () => {
    const text = `
handlers:
  h:
    adapter: \${env:ADAPTER}
    params: { size: "\${env:SIZE}", url: "\${env:SECRET}", loud: "\${env:LOUD:-true}" }
listeners:
  http: "\${env:HTTP:-null}"
  grpc: { address: "127.0.0.1:\${env:PORT:-0}" }
`;
    const loaded = load([text], { env: { ADAPTER: "gauge", SIZE: "7", SECRET: "12345" } });
    if (!loaded.ok) throw new Error(messages(loaded).join("\n"));
    expect(loaded.checked.handlers.get("h")?.params).toMatchObject({ size: 7, url: "12345", loud: true });
    expect(loaded.config.listeners).toMatchObject({ http: null, grpc: { address: "127.0.0.1:0" } });
  });

  it("a missing variable is one problem, at its place in the text", () => {
    expect(messages(load(['handlers: { h: { adapter: gauge, params: { size: "1${env:SIZE}" } } }']))).toEqual([
      "a.yaml:1:52: environment variable SIZE is not set (expected a value, or a default as in ${env:SIZE:-value})",
    ]);
  });

  it("values from the environment are not shown", () => {
    const text =
      "handlers: { h: { adapter: ${env:SECRET} } }\nrules: [{ name: x, match: '${env:SECRET} == 1', actions: [] }]";
    const found = messages(
      load([text.replace("adapter: ${env:SECRET}", "adapter: '${env:SECRET}'")], { env: { SECRET: "hunter22" } }),
    );
    expect(found.join("\n")).not.toContain("hunter22");
    expect(found[0]).toContain('unknown adapter "${env:SECRET}"');
  });

  it("keys are left alone", () => {
    expect(messages(load(["handlers: { '${env:NAME}': { adapter: gauge } }"], { env }))).toEqual([
      'a.yaml:1:13: no rule sends anything to handler "${env:NAME}"',
    ]);
  });
});
