import { configSchema } from "../../collector/config/schema.ts";
import { indexRequest } from "../../collector/decode/otlp/request-index.ts";
import { unary } from "../../collector/transport/grpc-method.ts";
import { createGrpcServer } from "../../collector/transport/grpc-server.ts";

/** A backend of spans that counts them. */
export interface SpanSink {
  /** "host:port". */
  readonly address: string;
  /** Spans so far. */
  spans(): number;
  stop(): Promise<void>;
}

const nothing = () => {};

/** Starts a backend in this process. */
export async function startSpanSink(): Promise<SpanSink> {
  let spans = 0;
  const take = unary((bytes) => {
    spans += indexRequest(bytes, 1_000_000).count;
    return new Uint8Array(0);
  });
  const config = configSchema.parse({ listeners: { grpc: { address: "127.0.0.1:0" } } }).listeners.grpc!;
  const events = {
    ...{ connectionOpened: nothing, connectionClosed: nothing, streamOpened: nothing, streamClosed: nothing },
    ...{ refused: nothing, protocolError: nothing, bytes: nothing, handlerFault: nothing },
  };
  const methods = new Map([["/opentelemetry.proto.collector.trace.v1.TraceService/Export", take]]);
  const server = createGrpcServer({ listener: "sink", config, methods, events });
  const { address } = await server.listen();
  return { address, spans: () => spans, stop: () => server.drain(0) };
}
