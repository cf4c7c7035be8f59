import { type Naming, plainNaming } from "../shared/series/naming.ts";

/** Names that New Relic keeps for itself, by what they would be attributes of. */
export const reserved: Readonly<Record<"metric" | "event" | "log" | "span", readonly string[]>> = {
  metric: [
    ...["interval.ms", "timestamp", "value", "common", "min", "max", "count", "sum", "metrics"],
    ...["metricName", "endTimestamp", "newrelic.source", "entity.guid", "entity.name", "entity.type"],
  ],
  event: ["eventType", "timestamp"],
  log: ["timestamp"],
  span: [
    ...["name", "service.name", "duration.ms", "span.kind", "parent.id", "otel.status_code"],
    ...["id", "trace.id", "guid", "entityGuid"],
  ],
};

/** Why a name that is kept cannot be used, as the end of a sentence about it. */
export const keptName = "is a name that New Relic keeps for itself. Give it another";

/** Names of metrics as users wrote them. */
export const newRelicNaming: Naming = {
  ...plainNaming,
  labelFault: (label) => (reserved.metric.includes(label) ? keptName : undefined),
};
