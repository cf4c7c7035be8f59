import type { EdgeInstance, LogEntryInstance, PointInstance, TraceSpanInstance } from "../../schemas/model/instance.ts";

/** The moment at which instances made for tests happened, the same as a fake host's clock: 2023-11-14T22:13:20Z. */
export const aTime = { seconds: 1_700_000_000, nanos: 0 };

/** A log entry for tests: one variable, untraced. */
export function aLogEntry(instance: string, parts: Partial<LogEntryInstance> = {}): LogEntryInstance {
  return {
    template: "logentry",
    instance,
    time: aTime,
    severity: "info",
    variables: { path: "/" },
    weight: 1,
    traceId: undefined,
    spanId: undefined,
    ...parts,
  };
}

/** An edge for tests, from `web` to `cart` over HTTP. */
export function anEdge(instance: string, parts: Partial<EdgeInstance> = {}): EdgeInstance {
  const source = { name: "web", namespace: "shop" };
  const destination = { name: "cart", namespace: "shop" };
  return { template: "edge", instance, time: aTime, source, destination, protocol: "http", ...parts };
}

/** A server's span for tests, a root of 12.5 ms. */
export function aSpan(instance: string, parts: Partial<TraceSpanInstance> = {}): TraceSpanInstance {
  return {
    template: "tracespan",
    instance,
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    parentSpanId: undefined,
    name: "GET /",
    kind: "server",
    startTime: aTime,
    endTime: { ...aTime, nanos: 12_500_000 },
    status: "unset",
    service: "cart",
    attributes: {},
    ...parts,
  };
}

/** A point for tests: the delta of a counter over the ten seconds before `aTime`. */
export function aPoint(instance: string, parts: Partial<PointInstance> = {}): PointInstance {
  return {
    template: "point",
    instance,
    name: instance,
    labels: {},
    temporality: "delta",
    startMs: aTime.seconds * 1000 - 10_000,
    timeMs: aTime.seconds * 1000,
    data: { kind: "counter", value: 1 },
    records: 1,
    ...parts,
  };
}
