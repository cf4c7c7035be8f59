import { Server, ServerCredentials, type ServerReadableStream, type sendUnaryData } from "@grpc/grpc-js";
import { createBaseline } from "./index.ts";

/** The plain way behind a grpc-js server; prints its address when it listens. Run as a process of its own. */
const baseline = createBaseline();
const server = new Server({ "grpc.max_receive_message_length": 16_777_216 });
const same = (bytes: Buffer) => bytes;

server.addService(
  {
    StreamAccessLogs: {
      path: "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs",
      requestStream: true,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  },
  {
    StreamAccessLogs(call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
      call.on("data", (message: Buffer) => baseline.report(message));
      call.on("end", () => done(null, Buffer.alloc(0)));
    },
  },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stderr.write(`${JSON.stringify({ msg: "ready", listeners: { grpc: `127.0.0.1:${port}` } })}\n`);
});
