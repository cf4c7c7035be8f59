import { describe, expect, it } from "vitest";
import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { EdgeSource } from "./edge-template.ts";
import type { LogEntrySource } from "./log-entry-template.ts";
import { aRecord, expression, fields, metric, rule, tableOf } from "./rules.fixture.ts";
import type { TraceSpanSource } from "./trace-span-template.ts";

const start = { seconds: 1_767_366_240, nanos: 5 };
const end = { seconds: 1_767_366_241, nanos: 7 };
const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

const logEntry = (parts: Partial<LogEntrySource> = {}): LogEntrySource => ({
  template: "logentry",
  declaration: { name: "log" },
  severity: expression('response.code >= 500 ? "ERROR" : "Default"'),
  timestamp: expression("response.time"),
  variables: fields({
    code: "response.code",
    took: "response.duration",
    headers: "request.headers",
    path: "request.path",
  }),
  sample: undefined,
  redact: true,
  ...parts,
});

const edge: EdgeSource = {
  template: "edge",
  declaration: { name: "calls" },
  source: fields({ workload: "source.workload.name", uid: "source.uid" }),
  destination: fields({ service: "destination.service.name" }),
  protocol: expression("context.protocol"),
  timestamp: expression("response.time"),
  redact: true,
};

const span = (parts: Partial<TraceSpanSource> = {}): TraceSpanSource => ({
  template: "tracespan",
  declaration: { name: "span" },
  name: expression("request.method"),
  kind: expression('context.reporter.kind == "outbound" ? "client" : "server"'),
  status: expression('response.code >= 500 ? "error" : "unset"'),
  service: expression("destination.service.name"),
  traceId: expression("trace.id"),
  spanId: undefined,
  parentSpanId: expression("trace.span_id"),
  startTime: expression("request.time"),
  endTime: expression("response.time"),
  attributes: fields({ "http.response.status_code": "response.code" }),
  redact: true,
  ...parts,
});

/** What becomes of one record, where one rule sends the one instance. */
function made(source: LogEntrySource | EdgeSource | TraceSpanSource, ...attributes: Parameters<typeof aRecord>[0][]) {
  const { table, sent } = tableOf([rule("all", undefined, [source.declaration.name])], [source]);
  for (const each of attributes) table.report(aRecord(each));
  return { sent, skipped: table.skipped().get(source.declaration.name), table };
}

describe("a log entry", () => {
  it("says what it is declared to say, and leaves out what is absent", () => {
    const { sent } = made(logEntry(), {
      "response.code": 503,
      "response.duration": 12_345_000,
      "response.time": end,
      "request.headers": new Map([["accept", "*/*"]]),
      "context.weight": 10,
      "trace.id": traceId,
      "trace.span_id": spanId,
    });
    expect(sent).toEqual([
      {
        template: "logentry",
        instance: "log",
        time: end,
        severity: "error",
        variables: { code: 503, took: "12.345ms", headers: { accept: "*/*" } },
        weight: 10,
        traceId,
        spanId,
      },
    ]);
  });

  it("has the ids of a trace only if they are some", () => {
    const { sent } = made(
      logEntry(),
      { "trace.id": "r-1", "trace.span_id": "7" },
      { "trace.id": traceId.toUpperCase() },
    );
    expect(sent).toMatchObject([
      { traceId: undefined, spanId: undefined },
      { traceId, spanId: undefined },
    ]);
  });

  it("is information, of this moment, where the record does not tell", () => {
    const { sent } = made(logEntry(), { "response.code": 200 }, {});
    const time = { seconds: 1_767_366_245, nanos: 125_000_000 };
    expect(sent).toMatchObject([
      { severity: "info", time, weight: 1 },
      { severity: "info", time, variables: {} },
    ]);
    expect(made(logEntry({ severity: expression('"loud"') }), {}).sent).toMatchObject([{ severity: "info" }]);
  });
});

describe("an edge", () => {
  it("tells who called whom, as far as it is known", () => {
    const { sent } = made(edge, {
      "source.workload.name": "shop",
      "source.uid": "",
      "destination.service.name": "cart",
      "context.protocol": "http",
      "response.time": end,
    });
    expect(sent).toEqual([
      {
        template: "edge",
        instance: "calls",
        time: end,
        source: { workload: "shop" },
        destination: { service: "cart" },
        protocol: "http",
      },
    ]);
  });

  it("may lack one side, but not both", () => {
    const { sent, skipped } = made(edge, { "source.workload.name": "shop" }, { "context.protocol": "tcp" });
    expect(sent).toMatchObject([{ source: { workload: "shop" }, destination: {}, protocol: undefined }]);
    expect(skipped).toBe(1);
  });
});

describe("a span", () => {
  const request = {
    "trace.id": traceId,
    "trace.span_id": spanId,
    "context.reporter.kind": "inbound",
    "request.id": "r-1",
    "request.method": "GET",
    "request.time": start,
    "response.time": end,
    "response.code": 500,
    "destination.service.name": "cart",
  } as const;

  it("is a new child of the context that was logged", () => {
    const { sent } = made(span(), { ...request, "trace.sampled": true });
    expect(sent).toEqual([
      {
        template: "tracespan",
        instance: "span",
        traceId,
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
        parentSpanId: spanId,
        name: "GET",
        kind: "server",
        startTime: start,
        endTime: end,
        status: "error",
        service: "cart",
        attributes: { "http.response.status_code": 500 },
      },
    ]);
  });

  it("has the same id whenever the same record comes again, and another for every other request and proxy", () => {
    const ids = (...records: Parameters<typeof aRecord>[0][]) =>
      made(span(), ...records).sent.map((each) => (each.template === "tracespan" ? each.spanId : ""));
    const [first, again] = ids(request, request);
    expect(again).toBe(first);
    const others = ids(
      request,
      { ...request, "request.id": "r-2" },
      { ...request, "context.reporter.kind": "outbound" },
      { ...request, "context.reporter.uid": "kubernetes://cart-1.shop" },
      { ...request, "request.time": end },
    );
    expect(new Set([...others, spanId]).size).toBe(6);
  });

  it("is not made without a trace, nor of an unsampled one, and that is no fault", () => {
    const { "trace.id": _, ...untraced } = request;
    const { sent, skipped } = made(
      span(),
      untraced,
      { ...request, "trace.sampled": false },
      { ...request, "trace.id": "0" },
    );
    expect([sent, skipped]).toEqual([[], 0]);
  });

  it("is skipped without times, and never ends before it starts", () => {
    const { "response.time": _, ...endless } = request;
    const { sent, skipped } = made(span(), endless, { ...request, "request.time": end, "response.time": start });
    expect(skipped).toBe(1);
    expect(sent).toMatchObject([{ startTime: end, endTime: end }]);
  });

  it("takes ids from expressions, 64-bit trace ids filled up, and is never its own parent", () => {
    const own = span({
      spanId: expression("trace.span_id"),
      parentSpanId: expression('request.headers["x-b3-parentspanid"]'),
    });
    const headers = new Map([["x-b3-parentspanid", "00F067AA0BA902B7"]]);
    const { sent } = made(
      own,
      { ...request, "trace.id": "448EB211C80319C7", "request.headers": headers },
      { ...request, "request.headers": new Map([["x-b3-parentspanid", spanId]]) },
    );
    expect(sent).toMatchObject([
      { traceId: "0000000000000000448eb211c80319c7", spanId, parentSpanId: "00f067aa0ba902b7" },
      { spanId, parentSpanId: undefined },
    ]);
  });

  it("makes do without the rest", () => {
    const { sent } = made(span({ kind: expression('"other"') }), {
      "trace.id": traceId,
      "request.time": start,
      "response.time": end,
    });
    expect(sent).toMatchObject([
      { name: "request", kind: "internal", status: "unset", service: "unknown", parentSpanId: undefined },
    ]);
  });
});

describe("instances of all templates", () => {
  it("are made once for each record, and only those that a rule wants", () => {
    let evaluated = 0;
    const counting = { ...expression("response.time"), evaluate: () => ++evaluated };
    const log = logEntry({ timestamp: counting });
    const { table, sent } = tableOf(
      [
        rule("one", 'context.protocol == "http"', ["log", "calls"]),
        rule("two", 'context.protocol == "http"', ["log"], "other"),
        rule("three", "true", ["count"]),
      ],
      [log, edge, metric("count", "1")],
    );
    table.report(aRecord({ "context.protocol": "tcp" }));
    expect(evaluated).toBe(0);
    table.report(aRecord({ "context.protocol": "http", "source.workload.name": "shop" }));
    expect(evaluated).toBe(1);
    const logs = sent.filter(({ template }) => template === "logentry");
    expect(logs).toHaveLength(2);
    expect(logs[0]).toBe(logs[1]);
    expect(sent.map(({ template }) => template).sort()).toEqual(["edge", "logentry", "logentry", "metric", "metric"]);
  });

  it("name all the slots that they read", () => {
    const { table } = tableOf([rule("all", undefined, ["log", "calls", "span"])], [logEntry(), edge, span()]);
    const wanted = [
      "response.code",
      "request.headers",
      "source.uid",
      "context.weight",
      "trace.span_id",
      "trace.sampled",
      "request.id",
    ];
    const record = aRecord(Object.fromEntries(wanted.map((name) => [name, "x"])));
    const filled = record.values.flatMap((value, slot) => (value === undefined ? [] : [slot]));
    expect(filled).toHaveLength(wanted.length);
    for (const slot of filled) expect(table.slots).toContain(slot);
  });
});

describe("credentials", () => {
  const given = {
    "request.headers": new Map([["authorization", "Bearer abc"]]),
    "request.path": "/a?token=abc",
    "source.workload.name": "shop",
    "trace.id": traceId,
    "request.time": start,
    "response.time": end,
  } as const;
  const secrets = fields({
    picked: 'request.headers["authorization"]',
    whole: "request.headers",
    cut: 'request.path.split("=")[1]',
    mapped: "request.headers.transformList(k, v, v).join()",
    looked: 'request.headers["authorization"] == "Bearer abc" ? "yes" : "no"',
  });
  const masked = { picked: "***", whole: { authorization: "***" }, cut: "***", mapped: "***", looked: "no" };

  it("are masked in log entries and spans however an expression goes about it, while rules see them", () => {
    const log = logEntry({ variables: secrets, severity: expression('request.headers["authorization"]') });
    const { table, sent } = tableOf(
      [
        rule("r", 'request.headers["authorization"] == "Bearer abc" && request.path.endsWith("abc")', [
          "log",
          "span",
          "calls",
        ]),
      ],
      [log, span({ attributes: secrets }), { ...edge, source: fields({ name: 'request.headers["authorization"]' }) }],
    );
    table.report(aRecord(given));
    expect(sent).toMatchObject([
      { variables: masked, severity: "info" },
      { attributes: masked },
      { source: { name: "***" } },
    ]);
  });

  it("are sent out where an instance is told to, and only there", () => {
    const open = logEntry({ declaration: { name: "open" }, variables: secrets, redact: false });
    const log = logEntry({ variables: secrets });
    const { table, sent } = tableOf([rule("r", undefined, ["open", "log"])], [open, log]);
    table.report(aRecord(given));
    table.report(aRecord({ ...given, "request.path": "/a?token=xyz" }));
    expect(sent).toMatchObject([
      { variables: { picked: "Bearer abc", cut: "abc", looked: "yes" } },
      { variables: masked },
      { variables: { cut: "xyz" } },
      { variables: masked },
    ]);
  });

  it("have the names of the configuration", () => {
    const { table, sent } = tableOf(
      [rule("r", undefined, ["log"])],
      [logEntry({ variables: fields({ team: 'request.headers["x-team"]' }) })],
      {
        redact: { headers: ["x-team"], queryParams: [], keepHeaders: [], keepQueryParams: [], replacement: "[gone]" },
      },
    );
    table.report(aRecord({ "request.headers": new Map([["x-team", "a"]]) }));
    expect(sent).toMatchObject([{ variables: { team: "[gone]" } }]);
  });
});

describe("a handler's own expressions", () => {
  const key = new Map([
    ["key", expression("request.host")],
    ["topic", expression('request.headers["authorization"]')],
    ["size", expression("response.size")],
  ]);
  const computed = new Map([["h", key]]);

  it("come with what that handler gets, absent ones left out, and with no credentials", () => {
    const { table, sent } = tableOf(
      [rule("one", undefined, ["log", "count"]), rule("two", undefined, ["log"], "other")],
      [logEntry(), metric("count", "1")],
      { computed },
    );
    table.report(aRecord({ "request.host": "a.example", "request.headers": new Map([["authorization", "x"]]) }));
    table.report(aRecord({ "response.size": 7 }));
    expect(sent.map((each) => [each.instance, each.computed])).toEqual([
      ["log", { key: "a.example", topic: "***" }],
      ["count", { key: "a.example", topic: "***" }],
      ["log", undefined],
      ["log", { size: 7 }],
      ["count", { size: 7 }],
      ["log", undefined],
    ]);
    const { computed: _, ...rest } = sent[0] as object as Record<string, unknown>;
    expect(rest).toEqual(sent[2]);
  });

  it("are evaluated once for each record, and are among the slots that are read", () => {
    let evaluated = 0;
    const counting = { ...expression("request.host"), evaluate: () => `${++evaluated}` };
    const { table, sent } = tableOf(
      [rule("one", undefined, ["log", "calls"]), rule("two", undefined, ["log"])],
      [logEntry(), edge],
      { computed: new Map([["h", new Map([["key", counting]])]]) },
    );
    table.report(aRecord({ "source.workload.name": "shop" }));
    expect(sent.map((each) => each.computed)).toEqual([{ key: "1" }, { key: "1" }, { key: "1" }]);
    expect(sent[2]).toBe(sent[0]);
    expect(tableOf([], [], { computed }).table.slots).toContain(slotOf("request.host"));
  });
});

describe("sampled log entries", () => {
  it("stand for those that are left out, which are no fault and no record of the handler", () => {
    const sampledLog = logEntry({ sample: expression("request.size == 1 ? 0.5 : request.size == 2 ? 0.0 : 1.0") });
    const { table, sent, counted } = tableOf([rule("r", undefined, ["log"])], [sampledLog]);
    for (let n = 0; n < 100; n++)
      table.report(aRecord({ "request.size": 1, "context.weight": 3, "request.id": `${n}` }));
    const kept = sent.length;
    expect(kept).toBeGreaterThan(30);
    expect(kept).toBeLessThan(70);
    expect(sent.every((entry) => entry.template === "logentry" && entry.weight === 6)).toBe(true);
    table.report(aRecord({ "request.size": 2 }));
    expect([sent.length, counted.h, table.skipped().get("log")]).toEqual([kept, kept, 0]);
  });
});
