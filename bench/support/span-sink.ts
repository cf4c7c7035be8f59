import { indexRequest } from "../../collector/decode/otlp/request-index.ts";
import { type SpanBackend, startSpanBackend } from "../../test/support/span-backend.ts";

/** A backend of spans that counts them. */
export interface SpanSink extends SpanBackend {
  /** Spans so far. */
  spans(): number;
}

/** Starts a backend in this process. */
export async function startSpanSink(): Promise<SpanSink> {
  let spans = 0;
  const backend = await startSpanBackend("127.0.0.1:0", (bytes) => {
    spans += indexRequest(bytes, 1_000_000).count;
  });
  return { ...backend, spans: () => spans };
}
