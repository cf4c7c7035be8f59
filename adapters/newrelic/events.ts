import type { EdgeInstance, LogEntryInstance } from "../../schemas/model/instance.ts";
import { flatPeers } from "../shared/flat-object.ts";
import type { Attributes, Fit, Scalar } from "./attributes.ts";
import { millisecondsOf } from "./time.ts";

/** An event in the form of the Event API. */
export type Event = Readonly<Record<string, string | number>>;

/** The event type of edges that the settings do not name. */
export const edgeEventType = "MeshEdge";

/** The event that a log entry or an edge becomes. There are no common attributes, so each event has all of them. */
export function toEvent(
  instance: LogEntryInstance | EdgeInstance,
  eventType: string,
  own: Attributes,
  fitted: Fit,
): Event {
  const fields = { eventType, timestamp: millisecondsOf(instance.time), ...own, ...fieldsOf(instance) };
  return withoutBooleans(fitted(fields));
}

function fieldsOf(instance: LogEntryInstance | EdgeInstance) {
  const { template } = instance;
  if (template === "edge") {
    const { protocol } = instance;
    return { ...flatPeers(instance), ...(protocol === undefined ? {} : { protocol }) };
  }
  const { severity, weight, traceId, spanId, variables } = instance;
  return {
    level: severity,
    ...(weight === 1 ? {} : { weight }),
    ...(traceId === undefined ? {} : { "trace.id": traceId }),
    ...(spanId === undefined ? {} : { "span.id": spanId }),
    ...variables,
  };
}

/** Events hold texts and numbers only. */
function withoutBooleans(attributes: Attributes): Event {
  const plain = (value: Scalar) => (typeof value === "boolean" ? String(value) : value);
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plain(value)]));
}
