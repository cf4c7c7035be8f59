import { Client, type ClientWritableStream, credentials } from "@grpc/grpc-js";

const method = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const asIs = (bytes: Buffer) => bytes;

/** One stream of access-log messages to the hub, message bytes as they are. */
export interface AccessLogStream {
  /** Writes one message; resolves when another may follow without growing a buffer. */
  send(message: Uint8Array): Promise<void>;
  /** Ends the stream and waits for the hub's status; rejects with it if it is not OK. */
  end(): Promise<void>;
}

/** One connection to the hub that carries any number of streams. */
export interface AccessLogClient {
  open(): AccessLogStream;
  close(): void;
}

/** Connects to a gRPC listener ("host:port"), with the official client library of Node. */
export function accessLogClient(address: string): AccessLogClient {
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  return { open: () => openStream(client), close: () => client.close() };
}

function openStream(client: Client): AccessLogStream {
  let settle: (error: Error | undefined) => void = () => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  const call: ClientWritableStream<Buffer> = client.makeClientStreamRequest(method, asIs, asIs, (error) =>
    settle(error ?? undefined),
  );
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        call.write(Buffer.from(message), (error?: Error | null) => (error ? reject(error) : resolve()));
      }),
    async end() {
      call.end();
      const error = await ended;
      if (error) throw error;
    },
  };
}
