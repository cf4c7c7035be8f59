import type { EdgeInstance, LogEntryInstance, TraceSpanInstance } from "../../schemas/model/instance.ts";

const time = { seconds: 1_700_000_000, nanos: 123_456_789 };

/** A log entry for tests, of the instance `accesslog`: severity info, no variables, no trace. */
export function aLogEntry(parts: Partial<LogEntryInstance> = {}): LogEntryInstance {
  return {
    template: "logentry",
    instance: "accesslog",
    time,
    severity: "info",
    variables: {},
    weight: 1,
    traceId: undefined,
    spanId: undefined,
    ...parts,
  };
}

/** An edge for tests, of the instance `graph`, over HTTP. */
export function anEdge(parts: Partial<EdgeInstance> = {}): EdgeInstance {
  return { template: "edge", instance: "graph", time, source: {}, destination: {}, protocol: "http", ...parts };
}

/** A server span for tests, of the instance `spans`, 25 ms long and without attributes. */
export function aSpan(parts: Partial<TraceSpanInstance> = {}): TraceSpanInstance {
  return {
    template: "tracespan",
    instance: "spans",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: undefined,
    name: "GET /cart",
    kind: "server",
    startTime: time,
    endTime: { ...time, nanos: time.nanos + 25_000_000 },
    status: "unset",
    service: "cart",
    attributes: {},
    ...parts,
  };
}
