import { ProtoWriter } from "../writer.ts";

/** The signals of OTLP that are served. */
export type Signal = "traces" | "logs" | "metrics";

/** What of a request was not taken, and why; nothing is the plain success. */
export interface PartialSuccess {
  readonly rejected: number;
  /** For people; may be a warning with nothing rejected. */
  readonly message: string;
}

const rejectedNames = { traces: "rejectedSpans", logs: "rejectedLogRecords", metrics: "rejectedDataPoints" } as const;

/** Export*ServiceResponse: partial_success = 1 { rejected_* = 1, error_message = 2 }, the same for all signals. */
export function encodeResponse({ rejected, message }: PartialSuccess): Uint8Array {
  if (rejected === 0 && message === "") return new Uint8Array(0);
  const writer = new ProtoWriter();
  const mark = writer.enter(1);
  if (rejected !== 0) writer.varint(1, rejected);
  if (message !== "") writer.text(2, message);
  writer.leave(mark);
  return writer.take();
}

/** The same as JSON, where 64-bit integers are text. */
export function responseToJson(signal: Signal, { rejected, message }: PartialSuccess): string {
  if (rejected === 0 && message === "") return "{}";
  const count = rejected === 0 ? {} : { [rejectedNames[signal]]: String(rejected) };
  return JSON.stringify({ partialSuccess: { ...count, errorMessage: message } });
}

/** An error as google.rpc.Status. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** When to try again, if the sender should. */
  readonly retryAfterMs?: number | undefined;
}

const retryInfoType = "type.googleapis.com/google.rpc.RetryInfo";

/** Status: code = 1, message = 2, details = 3 Any { type_url = 1, value = 2 }; RetryInfo: retry_delay = 1 Duration { seconds = 1, nanos = 2 }. */
export function encodeStatus({ code, message, retryAfterMs }: RpcStatus): Uint8Array {
  const writer = new ProtoWriter();
  writer.varint(1, code);
  writer.text(2, message);
  if (retryAfterMs !== undefined) {
    const any = writer.enter(3);
    writer.text(1, retryInfoType);
    const info = writer.enter(2);
    const delay = writer.enter(1);
    writer.varint(1, Math.floor(retryAfterMs / 1000));
    writer.varint(2, (retryAfterMs % 1000) * 1_000_000);
    for (const mark of [delay, info, any]) writer.leave(mark);
  }
  return writer.take();
}

/** The same as JSON. */
export function statusToJson({ code, message, retryAfterMs }: RpcStatus): string {
  const details =
    retryAfterMs === undefined ? {} : { details: [{ "@type": retryInfoType, retryDelay: `${retryAfterMs / 1000}s` }] };
  return JSON.stringify({ code, message, ...details });
}
