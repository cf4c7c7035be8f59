import type { Delivery, Host } from "../../adapter.ts";
import type { OtlpSettings } from "./settings.ts";

/** The signals of OTLP. */
export type Telemetry = "traces" | "metrics" | "logs";

/** One export request. */
export interface ExportRequest {
  readonly telemetry: Telemetry;
  /** An Export<signal>ServiceRequest, which reads the same as <signal>Data. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** How many records, spans or data points it holds. */
  readonly items: number;
  /** Ends the attempt. */
  readonly abort: AbortSignal;
}

/** What a client needs of its host. */
export type OtlpHost = Pick<Host, "fetch" | "log">;

/** An open way to a backend that takes OTLP. */
export interface OtlpClient {
  /** Sends a request and says what became of it. */
  export(request: ExportRequest): Promise<Delivery>;
  close(): void;
}

/**
 * Opens a client; nothing is connected before the first request. Rejects if files of the TLS settings cannot be read.
 * Only the protocol in use is loaded: gRPC's client is large.
 */
export async function openOtlpClient(settings: OtlpSettings, host: OtlpHost): Promise<OtlpClient> {
  if (settings.protocol === "grpc") return (await import("./grpc-client.ts")).openGrpcClient(settings, host);
  return (await import("./http-client.ts")).openHttpClient(settings, host);
}
