import type {
  EdgeInstance,
  InstanceOf,
  MetricInstance,
  PlainValue,
  TraceSpanInstance,
} from "../../schemas/model/instance.ts";
import { formatTimestamp } from "../../schemas/model/time-text.ts";

/** An instance as one JSON object, without nesting but for string maps. */
export type FlatObject = Readonly<Record<string, PlainValue>>;

/** What a flat object can be made of. */
export type Flattened = InstanceOf<"logentry" | "edge" | "tracespan" | "metric">;

/**
 * An instance as one JSON object. A log entry is its variables and nothing else. The others have fields of their own; a label or span
 * attribute whose name is one of these stands under `labels.<name>` or `attributes.<name>`. What is absent is left out.
 */
export function toFlatObject(instance: Flattened): FlatObject {
  switch (instance.template) {
    case "logentry":
      return instance.variables;
    case "edge":
      return flatEdge(instance);
    case "tracespan":
      return flatSpan(instance);
    case "metric":
      return flatMetric(instance);
  }
}

/** The ends of an edge as fields: `source.name`, `destination.namespace`, ... */
export function flatPeers({ source, destination }: EdgeInstance): FlatObject {
  const fields: Record<string, string> = {};
  for (const [side, peer] of Object.entries({ source, destination }))
    for (const [name, value] of Object.entries(peer)) if (value !== undefined) fields[`${side}.${name}`] = value;
  return fields;
}

function flatEdge(edge: EdgeInstance): FlatObject {
  const { instance, time, protocol } = edge;
  return {
    instance,
    time: formatTimestamp(time),
    ...flatPeers(edge),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

function flatSpan(span: TraceSpanInstance): FlatObject {
  const { instance, traceId, spanId, parentSpanId, name, kind, startTime, endTime, status, service, attributes } = span;
  const own = {
    instance,
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind,
    startTime: formatTimestamp(startTime),
    endTime: formatTimestamp(endTime),
    status,
    service,
  };
  return withMore(own, "attributes", Object.entries(attributes));
}

function flatMetric({ instance, value, weight, traceId, labels }: MetricInstance): FlatObject {
  const own = { instance, value, weight, ...(traceId === undefined ? {} : { traceId }) };
  return withMore(
    own,
    "labels",
    labels.names.map((name, i) => [name, labels.values[i]!]),
  );
}

function withMore(own: FlatObject, prefix: string, more: readonly (readonly [string, PlainValue])[]): FlatObject {
  const named = more.map(([name, value]) => [Object.hasOwn(own, name) ? `${prefix}.${name}` : name, value] as const);
  return Object.fromEntries([...Object.entries(own), ...named]);
}
