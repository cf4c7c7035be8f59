import type { DescService } from "@bufbuild/protobuf";
import { LogsService } from "../../../schemas/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js";
import { MetricsService } from "../../../schemas/gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js";
import { TraceService } from "../../../schemas/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { Signal } from "./answers.ts";

const bySignal: Readonly<Record<Signal, DescService>> = {
  traces: TraceService,
  logs: LogsService,
  metrics: MetricsService,
};

/** The services' descriptors, for reflection and health. */
export const otlpServices: readonly DescService[] = Object.values(bySignal);

/** Full name of the one method of a signal's service. */
export function exportMethod(signal: Signal): string {
  return `/${bySignal[signal].typeName}/Export`;
}
