import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExposition } from "../../test/support/exposition.ts";
import {
  claimedNames,
  escapeHelp,
  formatBound,
  formatHead,
  formatLabels,
  formatValue,
  toLabelName,
  toMetricName,
} from "./exposition.ts";

const anyText = fc.string({ unit: "binary", maxLength: 40 });

describe("names", () => {
  it.each([
    ["http.requests", "http_requests"],
    ["2xx", "_2xx"],
    ["a:b", "a:b"],
    ["größe", "gr__e"],
    ["😀", "_"],
    ["", "_"],
  ])("makes %j the metric name %j", (text, name) => expect(toMetricName(text)).toBe(name));

  it("makes every text a valid name", () => {
    fc.assert(fc.property(anyText, (text) => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(toMetricName(text))));
    fc.assert(fc.property(anyText, (text) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(toLabelName(text))));
  });
});

describe("values", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [1e21, "1e+21"],
    [0.1, "0.1"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ])("writes %d as %s", (value, text) => expect(formatValue(value)).toBe(text));

  it("keeps every number exact", () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => Number(formatValue(x)) === x));
  });
});

describe("bounds", () => {
  // The list of OpenMetrics 1.0, "Considerations: Canonical Numbers", and values from around the switch to exponents.
  it.each([
    [0, "0.0"],
    [0.00001, "1e-05"],
    [0.0001, "0.0001"],
    [0.5, "0.5"],
    [1, "1.0"],
    [10, "10.0"],
    [100_000, "100000.0"],
    [999_999.5, "999999.5"],
    [1_000_000, "1e+06"],
    [1_800_000, "1.8e+06"],
    [1e100, "1e+100"],
    [-2.5, "-2.5"],
    [Infinity, "+Inf"],
  ])("writes %d as %s", (bound, text) => expect(formatBound(bound)).toBe(text));

  it("keeps every bound exact", () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => Number(formatBound(x)) === x));
  });
});

describe("escapes", () => {
  it("brings every label value and help text back", () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 4 }), anyText, fc.boolean(), (values, help, isOpen) => {
        const format = isOpen ? "openmetrics" : "text";
        const names = values.map((_, i) => `label_${i}`);
        const head = formatHead({ name: "m", type: "gauge", help }, format);
        const text = `${head}m{${formatLabels(names, values)}} 1\n${isOpen ? "# EOF\n" : ""}`;
        // A carriage return is legal in both, but the strict reader refuses it to catch CRLF line ends.
        fc.pre(!text.includes("\r"));
        const family = parseExposition(text, format).get("m")!;
        expect(family.help).toBe(help.toWellFormed());
        expect(Object.values(family.samples[0]!.labels)).toEqual(values.map((value) => value.toWellFormed()));
      }),
    );
  });

  it("escapes quotes of help texts in OpenMetrics only", () => {
    expect(escapeHelp('a "b"\\\n', "text")).toBe('a "b"\\\\\\n');
    expect(escapeHelp('a "b"\\\n', "openmetrics")).toBe('a \\"b\\"\\\\\\n');
  });

  it("replaces half a surrogate pair", () => expect(formatLabels(["a"], ["\ud800"])).toBe('a="\ufffd"'));
});

describe("metadata", () => {
  it("names counters with _total in text and without in OpenMetrics", () => {
    const family = { name: "wait_seconds", type: "counter", help: "Waited.", unit: "seconds" } as const;
    expect(formatHead(family, "text")).toBe("# HELP wait_seconds_total Waited.\n# TYPE wait_seconds_total counter\n");
    expect(formatHead(family, "openmetrics")).toBe(
      "# TYPE wait_seconds counter\n# UNIT wait_seconds seconds\n# HELP wait_seconds Waited.\n",
    );
  });

  it("leaves out a unit that the name does not end with", () => {
    const head = formatHead({ name: "wait", type: "gauge", help: "", unit: "seconds" }, "openmetrics");
    expect(head).not.toContain("UNIT");
  });

  it("claims sample names of both formats", () => {
    expect(claimedNames({ name: "a", type: "counter" })).toEqual(["a", "a_total", "a_created"]);
    expect(claimedNames({ name: "a", type: "gauge" })).toEqual(["a"]);
  });
});
