import type { InstanceDeclaration, TraceSpanInstance } from "../../../schemas/model/instance.ts";
import type { Delivery } from "../../adapter.ts";
import type { OtlpHost } from "./client.ts";
import type { ResourceAttributes } from "./envelope.ts";
import type { OtlpSettings } from "./settings.ts";

/** What sending spans that rules make needs. */
export interface MadeSpansOptions extends Pick<OtlpHost, "log"> {
  readonly instances: readonly InstanceDeclaration[];
  /** Attributes of every resource, beside `service.name`. */
  readonly resource: ResourceAttributes;
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** An open way for spans that rules make. */
export interface MadeSpans {
  /** Sends them in one request and says what became of it. */
  export(spans: readonly TraceSpanInstance[], abort: AbortSignal): Promise<Delivery>;
  close(): void;
}

/** Sends spans over gRPC through OpenTelemetry's own SDK and exporter, which are loaded here. Rejects if files of the TLS settings cannot be read. */
export async function openMadeSpans(settings: OtlpSettings, options: MadeSpansOptions): Promise<MadeSpans> {
  const { openSdkExporter } = await import("./sdk/exporter.ts");
  const { createReadableSpans } = await import("./sdk/readable-span.ts");
  const toSpans = createReadableSpans(options);
  const exporter = openSdkExporter(settings, options);
  return {
    export: (spans, abort) => exporter.export(toSpans(spans), abort),
    close: () => exporter.close(),
  };
}

/** What the exporter writes for each span that the encoder leaves out: counts of 0, an empty status, flags. */
export const sdkBytesPerSpan = 16;
