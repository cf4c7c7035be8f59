import type { Host } from "../adapter.ts";
import { createLogEncoder, type Logged } from "../shared/otlp/encode-logs.ts";
import { createSpanEncoder } from "../shared/otlp/encode-spans.ts";
import type { ResourceAttributes } from "../shared/otlp/envelope.ts";
import { type Format, idHeader } from "./content.ts";

/** One OTLP message per record, as OpenTelemetry's Kafka receiver reads it: LogsData of log entries and edges, TracesData of spans. */
export function otlp(resource: ResourceAttributes, { instances, now }: Pick<Host, "instances" | "now">): Format {
  const logs = createLogEncoder({ instances, resource, serviceOf: serviceAbout, now });
  const spans = createSpanEncoder({ instances, resource });
  return (instance, id) => {
    if (instance.template === "metric") throw new Error("format: otlp takes no metrics");
    const bytes = instance.template === "tracespan" ? spans.encode([instance]) : logs.encode([instance]);
    return { value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), headers: { [idHeader]: id } };
  };
}

/** `service.name` of what a log entry or an edge is about. */
function serviceAbout({ computed }: Logged): string {
  const name = computed?.serviceName;
  return name === undefined || name === "" ? "unknown_service" : String(name);
}
