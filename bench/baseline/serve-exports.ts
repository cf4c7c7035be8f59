import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData } from "@grpc/grpc-js";

/** The export method of spans. */
export const exportPath = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/** Messages are bytes here already. */
export const asIs = (message: Buffer) => message;

/** Serves the export of spans with grpc-js on a free port, and says on standard error which. */
export function serveExports(take: (request: Buffer) => void): void {
  const service: ServiceDefinition = {
    export: {
      path: exportPath,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
  const server = new Server();
  server.addService(service, {
    export({ request }: { request: Buffer }, reply: sendUnaryData<Buffer>) {
      take(request);
      reply(null, Buffer.alloc(0));
    },
  });
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.error(JSON.stringify({ msg: "ready", listeners: { grpc: `127.0.0.1:${port}` } }));
  });
}
