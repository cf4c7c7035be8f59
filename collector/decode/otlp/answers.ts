import { ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";

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
  const writer = new ByteWriter();
  const mark = writer.begin(1);
  writeCount(writer, 1, rejected);
  if (message !== "") writer.text(2, message);
  writer.end(mark);
  return writer.toBytes();
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
  const writer = new ByteWriter();
  writeCount(writer, 1, code);
  writer.text(2, message);
  if (retryAfterMs !== undefined) {
    const any = writer.begin(3);
    writer.text(1, retryInfoType);
    const info = writer.begin(2);
    const delay = writer.begin(1);
    writeCount(writer, 1, Math.floor(retryAfterMs / 1000));
    writeCount(writer, 2, (retryAfterMs % 1000) * 1_000_000);
    for (const mark of [delay, info, any]) writer.end(mark);
  }
  return writer.toBytes();
}

/** A field of a whole number; 0 is left out, as proto3 has it. */
function writeCount(writer: ByteWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, wire.varint);
  writer.varint(value);
}

/** The same as JSON. */
export function statusToJson({ code, message, retryAfterMs }: RpcStatus): string {
  const details =
    retryAfterMs === undefined ? {} : { details: [{ "@type": retryInfoType, retryDelay: `${retryAfterMs / 1000}s` }] };
  return JSON.stringify({ code, message, ...details });
}
