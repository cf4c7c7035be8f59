import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { afterAll } from "vitest";

/** An export request as it reached the backend. */
export interface ReceivedExport {
  readonly telemetry: "traces" | "metrics" | "logs";
  readonly metadata: Metadata;
  /** Unpacked. */
  readonly body: Buffer;
  /** What it was answered. */
  readonly answer: ExportAnswer;
}

/** What the backend answers: the bytes of a response, or an error. "silent" answers nothing. */
export type ExportAnswer = Uint8Array | Pick<ServiceError, "code" | "details"> | ServiceError | "silent";

/** An OTLP backend over real gRPC, which takes everything at first. */
export interface OtlpBackend {
  /** host:port */
  readonly address: string;
  readonly received: readonly ReceivedExport[];
  /** To all requests, or to each by its metadata. */
  answer: ExportAnswer | ((metadata: Metadata) => ExportAnswer);
  /** Calls that their senders gave up. */
  readonly cancelled: () => number;
  stop(): void;
}

const services = { traces: "trace.v1.TraceService", metrics: "metrics.v1.MetricsService", logs: "logs.v1.LogsService" };

/** Starts a backend on a free port of loopback, or on the one given; it ends after the file's tests. */
export async function startOtlpBackend(
  credentials = ServerCredentials.createInsecure(),
  address = "127.0.0.1:0",
): Promise<OtlpBackend> {
  const server = new Server();
  const received: ReceivedExport[] = [];
  let cancelled = 0;
  for (const [telemetry, service] of Object.entries(services) as [ReceivedExport["telemetry"], string][]) {
    server.addService(definition(`/opentelemetry.proto.collector.${service}/Export`), {
      export(
        call: { request: Buffer; metadata: Metadata; on(event: string, listener: () => void): void },
        reply: sendUnaryData<Buffer>,
      ) {
        const answer = typeof backend.answer === "function" ? backend.answer(call.metadata) : backend.answer;
        received.push({ telemetry, metadata: call.metadata, body: call.request, answer });
        call.on("cancelled", () => cancelled++);
        if (answer instanceof Uint8Array) reply(null, Buffer.from(answer));
        else if (answer !== "silent") reply(answer);
      },
    });
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const stop = () => server.forceShutdown();
  afterAll(stop);
  const backend: OtlpBackend = {
    address: `127.0.0.1:${port}`,
    received,
    answer: new Uint8Array(0),
    cancelled: () => cancelled,
    stop,
  };
  return backend;
}

function definition(path: string): ServiceDefinition {
  const bytes = (message: Buffer) => message;
  const codec = {
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  return { export: { path, requestStream: false, responseStream: false, ...codec } };
}
