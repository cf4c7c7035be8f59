import { fromBinary } from "@bufbuild/protobuf";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { toSdkSpans } from "../support/sdk-spans.ts";
import { serveExports } from "./serve-exports.ts";

/** Relays spans through OpenTelemetry's SDK: grpc-js and generated code in, its batch processor and exporter out. */
const exporter = new OTLPTraceExporter({ url: `http://${process.argv[2]}` });
const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 1_000_000, scheduledDelayMillis: 1000 });

serveExports((request) => {
  for (const each of fromBinary(TracesDataSchema, request).resourceSpans)
    for (const span of toSdkSpans(each)) processor.onEnd(span);
});
