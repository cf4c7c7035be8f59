import { describe, expect, it } from "vitest";
import { parseB3, parseTraceContext, parseTraceparent } from "./trace-context.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const span = "b7ad6b7169203331";
const zeros = "0".repeat(32);

describe("traceparent", () => {
  it.each<[string, boolean]>([
    [`00-${trace}-${span}-01`, true],
    [`00-${trace}-${span}-00`, false],
    [`00-${trace}-${span}-03`, true],
    [` 00-${trace}-${span}-01 `, true],
    [`cc-${trace}-${span}-01`, true],
    [`01-${trace}-${span}-01-more`, true],
  ])("%s", (header, sampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId: trace, spanId: span, sampled });
  });

  it.each([
    "",
    `00-${trace}-${span}`,
    `ff-${trace}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace}-${span}-01x`,
    `01-${trace}-${span}-01x`,
    `00-${zeros}-${span}-01`,
    `00-${trace}-${zeros.slice(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-0g`,
    `00-${trace.slice(1)}-${span}-010`,
    `0-${trace}-${span}-01`,
    `00_${trace}-${span}-01`,
    `00-${trace}g${span}-01`,
  ])("refuses %s", (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});

describe("b3", () => {
  it.each<[string, string | undefined, string | undefined, boolean | undefined]>([
    [`${trace}-${span}-1`, trace, span, true],
    [`${trace}-${span}-0`, trace, span, false],
    [`${trace}-${span}-d`, trace, span, true],
    [`${trace}-${span}`, trace, span, undefined],
    [`${trace}-${span}-1-${span}`, trace, span, true],
    [`${span}-${span}-1`, zeros.slice(16) + span, span, true],
    [`${trace.toUpperCase()}-${span}`, trace, span, undefined],
    ["0", undefined, undefined, false],
    ["1", undefined, undefined, true],
    ["d", undefined, undefined, true],
  ])("%s", (header, traceId, spanId, sampled) => {
    expect(parseB3(header)).toEqual({ traceId, spanId, sampled });
  });

  it.each([
    "",
    "2",
    trace,
    `${trace}-`,
    `${trace}-${span}-2`,
    `${trace}-${span}-1-x`,
    `${trace}-${span}-1-${span}-1`,
    `${zeros}-${span}`,
    `${trace}-${zeros.slice(16)}`,
    `x${trace}-${span}`,
  ])("refuses %s", (header) => {
    expect(parseB3(header)).toBeUndefined();
  });
});

describe("trace headers", () => {
  const read = (headers: Record<string, string>) => parseTraceContext(new Map(Object.entries(headers)));
  const other = "1".repeat(32);
  const ids = { "x-b3-traceid": other, "x-b3-spanid": span };

  it.each<[string, Record<string, string>, unknown]>([
    [
      "traceparent first",
      { traceparent: `00-${trace}-${span}-01`, b3: `${other}-${span}-0` },
      { traceId: trace, spanId: span, sampled: true },
    ],
    [
      "b3 where traceparent is broken",
      { traceparent: "x", b3: `${other}-${span}-0` },
      { traceId: other, spanId: span, sampled: false },
    ],
    ["b3 before x-b3-*", { b3: `${trace}-${span}`, ...ids }, { traceId: trace, spanId: span, sampled: undefined }],
    ["x-b3-*", { ...ids, "x-b3-sampled": "1" }, { traceId: other, spanId: span, sampled: true }],
    ["x-b3-sampled true", { ...ids, "x-b3-sampled": "True" }, { traceId: other, spanId: span, sampled: true }],
    ["x-b3-* not sampled", { ...ids, "x-b3-sampled": "0" }, { traceId: other, spanId: span, sampled: false }],
    ["x-b3-flags", { ...ids, "x-b3-flags": "1", "x-b3-sampled": "0" }, { traceId: other, spanId: span, sampled: true }],
    [
      "x-b3-sampled nonsense",
      { ...ids, "x-b3-sampled": "maybe" },
      { traceId: other, spanId: span, sampled: undefined },
    ],
    ["a decision alone", { "x-b3-sampled": "0" }, { traceId: undefined, spanId: undefined, sampled: false }],
    ["an id without a span", { "x-b3-traceid": other }, undefined],
    ["nothing", { accept: "*/*" }, undefined],
  ])("give %s", (_, headers, expected) => {
    expect(read(headers)).toEqual(expected);
  });
});
