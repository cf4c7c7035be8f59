import { create, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { CheckResponseSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";

/** A grpc-js server that allows everything without reading it; prints its address when it listens. Run as a process of its own. */
const allowed = Buffer.from(
  toBinary(
    CheckResponseSchema,
    create(CheckResponseSchema, { status: {}, httpResponse: { case: "okResponse", value: {} } }),
  ),
);
const server = new Server();
const same = (bytes: Buffer) => bytes;

server.addService(
  {
    Check: {
      path: "/envoy.service.auth.v3.Authorization/Check",
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  },
  { Check: (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => done(null, allowed) },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stderr.write(`${JSON.stringify({ msg: "ready", listeners: { grpc: `127.0.0.1:${port}` } })}\n`);
});
