import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { Delivery } from "../../../adapter.ts";
import { readTls } from "../../tls-settings.ts";
import type { OtlpHost } from "../client.ts";
import { failed } from "../grpc-status.ts";
import { toDelivery } from "../partial-success.ts";
import type { OtlpSettings } from "../settings.ts";
import { createChannelCredentials } from "./channel-credentials.ts";
import { hearRemarks, takeRemark } from "./remarks.ts";
import { withoutVariables } from "./without-variables.ts";

/** OpenTelemetry's exporter, made to say what became of a batch. */
export interface SdkExporter {
  export(spans: ReadableSpan[], abort: AbortSignal): Promise<Delivery>;
  close(): void;
}

/** What the exporter needs of its host beside a log. */
export interface SdkExporterHost extends Pick<OtlpHost, "log"> {
  /** How long an export may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** More than a lane has under way, with those that it no longer waits for. */
const concurrencyLimit = 1024;

/** Opens OpenTelemetry's exporter over gRPC; nothing is connected before the first export. */
export function openSdkExporter(settings: OtlpSettings, { log, timeoutMs }: SdkExporterHost): SdkExporter {
  const { endpoint, headers, tls = {} } = settings;
  const material = readTls(tls);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const create = (): Way => {
    const { credentials, cut } = createChannelCredentials(settings, material);
    const options = {
      url: endpoint,
      metadata,
      timeoutMillis: Math.max(1, timeoutMs),
      concurrencyLimit,
      userAgent: "mixdown",
    };
    const compression = settings.compression as Compression;
    const make = () => new OTLPTraceExporter({ ...options, compression, credentials });
    return { exporter: withoutVariables("OTEL_EXPORTER_OTLP_", make), cut };
  };
  const shutDown = ({ exporter }: Way) => void exporter.shutdown().catch(() => {});
  hearRemarks();
  let way = create();

  /** A connection that could not be made is made anew at once when the lane tries again, whatever the channel would wait. */
  const renew = (old: Way) => {
    if (way !== old) return;
    way = create();
    shutDown(old);
  };

  return {
    export: (spans, abort) =>
      new Promise<Delivery>((resolve) => {
        const giveUp = () => resolve({ status: "retry", reason: String(abort.reason?.message ?? abort.reason) });
        if (abort.aborted) return giveUp();
        abort.addEventListener("abort", giveUp);
        const used = way;
        used.exporter.export(spans, ({ error }) => {
          const remark = takeRemark();
          abort.removeEventListener("abort", giveUp);
          if (error === undefined) return resolve(toDelivery(remark, spans.length, log));
          if (isUnconnected(error)) renew(used);
          resolve(toFailure(error));
        });
      }),
    close() {
      shutDown(way);
      way.cut();
    },
  };
}

/** An exporter, and how to end what it has under way. */
interface Way {
  readonly exporter: OTLPTraceExporter;
  cut(): void;
}

type Compression = NonNullable<ConstructorParameters<typeof OTLPTraceExporter>[0]>["compression"];

const isServiceError = (error: Error): error is ServiceError => "code" in error && "metadata" in error;

const isUnconnected = (error: Error): boolean =>
  isServiceError(error) && error.code === status.UNAVAILABLE && /^No connection|^Name resolution/.test(error.details);

function toFailure(error: Error): Delivery {
  return isServiceError(error) ? failed(error) : { status: "retry", reason: error.message };
}
