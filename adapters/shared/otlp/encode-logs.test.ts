import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type LogRecord,
  LogsDataSchema,
  SeverityNumber,
} from "../../../schemas/gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { InstanceDeclaration, PlainValue } from "../../../schemas/model/instance.ts";
import { aLogEntry, anEdge } from "../../testing/instances.ts";
import { createLogEncoder, type LogEncoding, type Logged } from "./encode-logs.ts";
import { plainAttributes, plainValue } from "./plain.fixture.ts";

const declared: InstanceDeclaration = {
  name: "accesslog",
  template: "logentry",
  variables: { count: "INT64", ratio: "DOUBLE", ok: "BOOL", path: "STRING", labels: "STRING_MAP", took: "DURATION" },
};

function encoder(options: Partial<LogEncoding> = {}) {
  const defaults: LogEncoding = {
    instances: [declared],
    resource: { "deployment.environment.name": "test" },
    serviceOf: ({ computed }) => String(computed?.serviceName ?? "unknown_service"),
    now: () => 1_700_000_000_500,
  };
  return createLogEncoder({ ...defaults, ...options });
}

const decode = (batch: readonly Logged[], options: Partial<LogEncoding> = {}) =>
  fromBinary(LogsDataSchema, encoder(options).encode(batch));

const only = (instance: Logged, options: Partial<LogEncoding> = {}): LogRecord =>
  decode([instance], options).resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!;

const written = (variables: Record<string, PlainValue>) =>
  plainAttributes(only(aLogEntry("accesslog", { variables })).attributes);

describe("log records", () => {
  it("carry time, severity, trace and the name of the instance", () => {
    const entry = aLogEntry("accesslog", {
      severity: "warn",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
    });
    expect(only(entry)).toMatchObject({
      timeUnixNano: 1_700_000_000_000_000_000n,
      observedTimeUnixNano: 1_700_000_000_500_000_000n,
      severityNumber: SeverityNumber.WARN,
      severityText: "WARN",
      eventName: "accesslog",
      traceId: new Uint8Array(Buffer.from("0af7651916cd43dd8448eb211c80319c", "hex")),
      spanId: new Uint8Array(Buffer.from("b7ad6b7169203331", "hex")),
      flags: 1,
    });
  });

  it.each(["trace", "debug", "info", "warn", "error", "fatal"] as const)(
    "have the number of severity %s",
    (severity) => {
      const name = severity.toUpperCase() as keyof typeof SeverityNumber;
      expect(only(aLogEntry("accesslog", { severity })).severityNumber).toBe(SeverityNumber[name]);
    },
  );

  it("have no ids, flags and body where there are none", () => {
    const { traceId, spanId, flags, body } = only(aLogEntry("accesslog", { variables: {} }));
    expect([traceId.length, spanId.length, flags, body]).toEqual([0, 0, 0, undefined]);
  });

  it("leave out what is no id", () => {
    const { traceId, spanId } = only(
      aLogEntry("accesslog", { traceId: "not hexadecimal, but 32 letters.", spanId: "b7ad" }),
    );
    expect([traceId.length, spanId.length]).toEqual([0, 0]);
  });

  it("have the body that they are given", () => {
    const body = only(aLogEntry("accesslog", { variables: { path: "/a" } }), {
      body: ({ variables }) => `GET ${variables.path}`,
    }).body;
    expect(plainValue(body)).toEqual("GET /a");
  });

  it("tell how many requests they stand for if that is not one", () => {
    expect(plainAttributes(only(aLogEntry("accesslog", { variables: {}, weight: 2.5 })).attributes)).toEqual({
      "mixdown.weight": 2.5,
    });
  });

  it("leave out a time that nanoseconds since 1970 cannot hold", () => {
    expect(only(aLogEntry("accesslog", { time: { seconds: -1, nanos: 0 } })).timeUnixNano).toBe(0n);
    expect(only(aLogEntry("accesslog", { time: { seconds: 18_446_744_074, nanos: 0 } })).timeUnixNano).toBe(0n);
  });

  it("have the time of every instant to the nanosecond", () => {
    fc.assert(
      fc.property(fc.nat(18_446_744_072), fc.nat(999_999_999), (seconds, nanos) => {
        const time = only(aLogEntry("accesslog", { time: { seconds, nanos } })).timeUnixNano;
        expect(time).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
      }),
    );
  });
});

describe("attributes", () => {
  it("have the types of the declaration", () => {
    expect(written({ count: 3, ratio: 3, ok: true, path: "/a", labels: { app: "x" }, took: "12.5ms" })).toEqual({
      count: 3n,
      ratio: 3,
      ok: true,
      path: "/a",
      labels: { app: "x" },
      took: "12.5ms",
    });
  });

  it("are whole and signed to 64 bits, and doubles beyond JSON", () => {
    expect(written({ count: "9223372036854775807", ratio: "NaN" })).toEqual({ count: 2n ** 63n - 1n, ratio: NaN });
    expect(written({ count: -5, ratio: "-Infinity" })).toEqual({ count: -5n, ratio: -Infinity });
    expect(written({ count: "-9223372036854775808" })).toEqual({ count: -(2n ** 63n) });
  });

  it("stay text where a number of that type cannot be made of it", () => {
    expect(written({ count: "9223372036854775808", ratio: "fast" })).toEqual({
      count: "9223372036854775808",
      ratio: "fast",
    });
  });

  it("of an instance that is not declared any more are taken as they look", () => {
    const entry = aLogEntry("former", { variables: { whole: 1, part: 1.5, text: "1" } });
    expect(plainAttributes(only(entry).attributes)).toEqual({ whole: 1n, part: 1.5, text: "1" });
  });

  it("keep any text and number", () => {
    const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), value, { noNullPrototype: true }), (variables) => {
        const read = plainAttributes(only(aLogEntry("former", { variables })).attributes);
        const shown = Object.fromEntries(
          Object.entries(variables).map(([name, each]) => [name, Number.isSafeInteger(each) ? BigInt(each) : each]),
        );
        expect(read).toEqual(shown);
      }),
    );
  });
});

describe("edges", () => {
  it("are events with both ends as attributes", () => {
    const record = only(
      anEdge("graph", { source: { workload: "web", namespace: "shop" }, destination: { service: "cart" } }),
    );
    expect(record).toMatchObject({ eventName: "mixdown.edge", severityNumber: SeverityNumber.INFO });
    expect(record.timeUnixNano).toBe(1_700_000_000_000_000_000n);
    expect(plainAttributes(record.attributes)).toEqual({
      "source.workload": "web",
      "source.namespace": "shop",
      "destination.service": "cart",
      protocol: "http",
    });
  });
});

describe("a request", () => {
  const from = (serviceName: string, path: string) =>
    aLogEntry("accesslog", { computed: { serviceName }, variables: { path } });

  it("groups by service and keeps the order in each", () => {
    const { resourceLogs } = decode([from("a", "/1"), from("b", "/2"), from("a", "/3")]);
    const seen = resourceLogs.map(({ resource, scopeLogs }) => [
      plainAttributes(resource!.attributes),
      scopeLogs[0]!.scope!.name,
      scopeLogs[0]!.logRecords.map(({ attributes }) => plainAttributes(attributes).path),
    ]);
    expect(seen).toEqual([
      [{ "service.name": "a", "deployment.environment.name": "test" }, "mixdown", ["/1", "/3"]],
      [{ "service.name": "b", "deployment.environment.name": "test" }, "mixdown", ["/2"]],
    ]);
  });

  it("has one service for all where the resource names it", () => {
    const { resourceLogs } = decode([from("a", "/1")], { resource: { "service.name": "mesh" } });
    expect(plainAttributes(resourceLogs[0]!.resource!.attributes)).toEqual({ "service.name": "mesh" });
  });

  it("grows by the size that is told of an instance", () => {
    const { encode, sizeOf } = encoder();
    const batch = Array.from({ length: 50 }, (_, i) => from("a", `/${"x".repeat(i * 7)}`));
    const sizes = batch.map(sizeOf).reduce((sum, size) => sum + size);
    const frame = encode(batch).length - sizes;
    expect(frame).toBeGreaterThan(0);
    expect(frame).toBeLessThan(120);
  });
});
