import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { asIs, exportPath, serveExports } from "./serve-exports.ts";

/** Relays spans as one would without thinking of cost: grpc-js on both sides, generated code, batches of a second or 2000 spans. */
const client = new Client(process.argv[2] as string, credentials.createInsecure());
let waiting = fromBinary(TracesDataSchema, new Uint8Array(0));
let spans = 0;

function flush(): void {
  if (spans === 0) return;
  const body = Buffer.from(toBinary(TracesDataSchema, waiting));
  waiting = fromBinary(TracesDataSchema, new Uint8Array(0));
  spans = 0;
  client.makeUnaryRequest(exportPath, asIs, asIs, body, (error) => {
    if (error) throw error;
  });
}

setInterval(flush, 1000);
serveExports((request) => {
  const data = fromBinary(TracesDataSchema, request);
  waiting.resourceSpans.push(...data.resourceSpans);
  for (const { scopeSpans } of data.resourceSpans) for (const scope of scopeSpans) spans += scope.spans.length;
  if (spans >= 2000) flush();
});
