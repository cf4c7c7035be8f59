import { fromBinary } from "@bufbuild/protobuf";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { toSdkSpans } from "../support/sdk-spans.ts";
import { makeSpanRequests } from "../support/span-traffic.ts";

/**
 * OpenTelemetry's own way out: equal spans, which are there already, through the batch processor and the exporter over gRPC. Prints
 * processor time in microseconds for one span.
 */
const [url = "", sliceMs = "0"] = process.argv.slice(2);
const inTurn = 2000;
const spans = makeSpanRequests(20, 100).flatMap((bytes) =>
  fromBinary(TracesDataSchema, bytes).resourceSpans.flatMap(toSdkSpans),
);
const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url }), { maxQueueSize: 2 * inTurn });

async function exportFor(ms: number): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < ms) {
    for (const span of spans) processor.onEnd(span);
    await processor.forceFlush();
    sent += spans.length;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / sent;
}

await exportFor(Number(sliceMs) / 2);
console.log(await exportFor(Number(sliceMs)));
await processor.shutdown();
