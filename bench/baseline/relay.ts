import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";

/** Relays spans as one would without thinking of cost: grpc-js on both sides, generated code, batches of a second or 2000 spans. */
const path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const bytes = (message: Buffer) => message;
const client = new Client(process.argv[2] as string, credentials.createInsecure());
let waiting = fromBinary(TracesDataSchema, new Uint8Array(0));
let spans = 0;

function flush(): void {
  if (spans === 0) return;
  const body = Buffer.from(toBinary(TracesDataSchema, waiting));
  waiting = fromBinary(TracesDataSchema, new Uint8Array(0));
  spans = 0;
  client.makeUnaryRequest(path, bytes, bytes, body, (error) => {
    if (error) throw error;
  });
}

const service: ServiceDefinition = {
  export: {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};
const server = new Server();
server.addService(service, {
  export({ request }: { request: Buffer }, reply: sendUnaryData<Buffer>) {
    const data = fromBinary(TracesDataSchema, request);
    waiting.resourceSpans.push(...data.resourceSpans);
    for (const { scopeSpans } of data.resourceSpans) for (const scope of scopeSpans) spans += scope.spans.length;
    if (spans >= 2000) flush();
    reply(null, Buffer.alloc(0));
  },
});
setInterval(flush, 1000);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.error(JSON.stringify({ msg: "ready", listeners: { grpc: `127.0.0.1:${port}` } }));
});
