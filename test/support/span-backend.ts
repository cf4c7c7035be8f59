import { configSchema } from "../../collector/config/schema.ts";
import { unary } from "../../collector/transport/grpc-method.ts";
import { createGrpcServer } from "../../collector/transport/grpc-server.ts";

/** A backend of spans in this process. */
export interface SpanBackend {
  /** "host:port". */
  readonly address: string;
  stop(): Promise<void>;
}

const nothing = () => {};

/** Starts a backend that hands on the bytes of each request and accepts it whole. */
export async function startSpanBackend(wanted: string, take: (request: Uint8Array) => void): Promise<SpanBackend> {
  const method = unary((bytes) => {
    take(bytes);
    return new Uint8Array(0);
  });
  const config = configSchema.parse({ listeners: { grpc: { address: wanted } } }).listeners.grpc!;
  const events = {
    ...{ connectionOpened: nothing, connectionClosed: nothing, streamOpened: nothing, streamClosed: nothing },
    ...{ refused: nothing, protocolError: nothing, bytes: nothing, handlerFault: nothing },
  };
  const methods = new Map([["/opentelemetry.proto.collector.trace.v1.TraceService/Export", method]]);
  const server = createGrpcServer({ listener: "backend", config, methods, events });
  const { address } = await server.listen();
  return { address, stop: () => server.drain(0) };
}
