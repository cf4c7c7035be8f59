import { describe, expect, it } from "vitest";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { MetricInstance } from "../../schemas/model/instance.ts";
import { aRecord, metric, rule, tableOf as tableFor } from "./rules.fixture.ts";

/** A table whose rules send metrics only. */
function tableOf(...given: Parameters<typeof tableFor>) {
  const { table, sent, counted } = tableFor(...given);
  return { table, sent: sent as MetricInstance[], counted };
}

describe("a rule table", () => {
  it("counts a record once for each handler that gets anything of it", () => {
    const { table, counted } = tableOf(
      [
        rule("a", undefined, ["requests", "bytes"]),
        rule("b", undefined, ["bytes"], "other"),
        rule("c", undefined, ["requests"], "h"),
      ],
      [metric("requests", "1", {}), metric("bytes", "request.size", {})],
    );
    table.report(aRecord({ "request.size": 5 }));
    table.report(aRecord({}));
    expect(counted).toEqual({ h: 2, other: 1 });
  });

  it("sends instances of the rules that apply", () => {
    const { table, sent } = tableOf(
      [rule("http", 'context.protocol == "http"', ["requests"]), rule("tcp", 'context.protocol == "tcp"', ["bytes"])],
      [metric("requests", "1", { code: "response.code" }), metric("bytes", "connection.sent.bytes")],
    );
    expect(table.report(aRecord({ "context.protocol": "http", "response.code": 503 }))).toBe(true);
    expect(sent).toEqual([
      {
        template: "metric",
        instance: "requests",
        labels: { names: ["code"], values: ["503"] },
        value: 1,
        weight: 1,
        traceId: undefined,
      },
    ]);
    expect(table.report(aRecord({ "context.protocol": "grpc" }))).toBe(false);
    expect(table.hits()).toEqual([
      { rule: "http", hits: 1 },
      { rule: "tcp", hits: 0 },
    ]);
  });

  it("gives instances with the same dimensions the same tuple, and each record its own", () => {
    const labels = { host: "request.host" };
    const { table, sent } = tableOf(
      [rule("r", undefined, ["a", "b"])],
      [metric("a", "1", labels), metric("b", "2", labels)],
    );
    table.report(aRecord({ "request.host": "x" }));
    table.report(aRecord({ "request.host": "y" }));
    table.report(aRecord({ "request.host": "x" }));
    expect(sent.map((instance) => instance.labels.values)).toEqual([["x"], ["x"], ["y"], ["y"], ["x"], ["x"]]);
    expect(sent[1]?.labels).toBe(sent[0]?.labels);
    expect(sent[4]?.labels).toBe(sent[0]?.labels);
  });

  it("makes an instance once however many rules send it", () => {
    const { table, sent } = tableOf(
      [rule("one", undefined, ["a"]), rule("two", undefined, ["a"], "other")],
      [metric("a", "1")],
    );
    table.report(aRecord({}));
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(sent[1]);
  });

  it("leaves absent labels empty, and skips and counts absent values", () => {
    const { table, sent } = tableOf(
      [rule("r", undefined, ["label", "value"])],
      [metric("label", "1", { code: "response.code" }), metric("value", "response.size")],
    );
    expect(table.report(aRecord({}))).toBe(true);
    expect(sent.map(({ instance, labels }) => [instance, labels.values])).toEqual([["label", [""]]]);
    expect(table.skipped()).toEqual(
      new Map([
        ["label", 0],
        ["value", 1],
      ]),
    );
  });

  it("shows entries before the end only to rules that read context.event", () => {
    const { table, sent } = tableOf(
      [rule("all", undefined, ["a"]), rule("starts", 'context.event == "start"', ["b"])],
      [metric("a", "1"), metric("b", "1")],
    );
    table.report(aRecord({ "context.event": "start" }, false));
    table.report(aRecord({ "context.event": "end" }));
    expect(sent.map(({ instance }) => instance)).toEqual(["b", "a"]);
  });

  it("carries weight and trace, unless the trace is known to be unsampled", () => {
    const { table, sent } = tableOf([rule("r", undefined, ["a"])], [metric("a", "response.duration")]);
    table.report(aRecord({ "response.duration": 5_000, "context.weight": 10, "trace.id": "ab" }));
    table.report(aRecord({ "response.duration": 5_000n, "trace.id": "ab", "trace.sampled": false }));
    expect(sent.map(({ value, weight, traceId }) => [value, weight, traceId])).toEqual([
      [5000, 10, "ab"],
      [5000, 1, undefined],
    ]);
  });

  it("counts a record whose labels do not fit any more under the overflow tuple", () => {
    const { table, sent } = tableOf([rule("r", undefined, ["a"])], [metric("a", "1", { path: "request.path" })], {
      maxTuples: 2,
    });
    for (const path of ["/1", "/2", "/3"]) table.report(aRecord({ "request.path": path }));
    expect(sent.map(({ labels }) => labels.overflow)).toEqual([undefined, undefined, "path"]);
  });

  it("knows the slots that it reads", () => {
    const { table } = tableOf(
      [rule("r", 'context.protocol == "http"', ["a"])],
      [metric("a", "response.size", { h: "request.host" })],
    );
    for (const name of ["context.protocol", "response.size", "request.host", "context.weight"] as const) {
      expect(table.slots.has(slotOf(name))).toBe(true);
    }
    expect(table.slots.has(slotOf("request.path"))).toBe(false);
  });
});
