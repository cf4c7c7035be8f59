import { type ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";
import {
  type CurrentLimit,
  type DescriptorStatus,
  type HeaderValue,
  limitUnits,
  type RateLimitAnswer,
} from "../../../schemas/model/rate-limit.ts";
import { writeStruct } from "../struct-writer.ts";

/** The most that a uint32 holds. */
const MAX_UINT32 = 0xffff_ffff;
const code = { ok: 1, overLimit: 2 };

/**
 * Writes an envoy.service.ratelimit.v3.RateLimitResponse: Code overall_code = 1, repeated DescriptorStatus statuses = 2, repeated HeaderValue
 * response_headers_to_add = 3, request_headers_to_add = 4, bytes raw_body = 5, Struct dynamic_metadata = 6. The writer is used anew.
 */
export function encodeRateLimitResponse(answer: RateLimitAnswer, out: ByteWriter): Uint8Array {
  out.reset();
  writeInt(out, 1, answer.overLimit ? code.overLimit : code.ok);
  for (const status of answer.statuses) writeStatus(out, status);
  for (const header of answer.responseHeaders) writeHeader(out, 3, header);
  for (const header of answer.requestHeaders) writeHeader(out, 4, header);
  if (answer.body !== undefined) out.text(5, answer.body);
  if (answer.metadata !== undefined) {
    const start = out.begin(6);
    writeStruct(out, answer.metadata);
    out.end(start);
  }
  return out.toBytes();
}

/** DescriptorStatus: Code code = 1, RateLimit current_limit = 2, uint32 limit_remaining = 3, Duration duration_until_reset = 4. */
function writeStatus(out: ByteWriter, { overLimit, limit, remaining, resetMs }: DescriptorStatus): void {
  const start = out.begin(2);
  writeInt(out, 1, overLimit ? code.overLimit : code.ok);
  if (limit !== undefined) writeLimit(out, limit);
  writeInt(out, 3, toUint32(remaining));
  if (resetMs !== undefined) {
    const duration = out.begin(4);
    writeInt(out, 1, toSeconds(resetMs));
    out.end(duration);
  }
  out.end(start);
}

/** RateLimit: uint32 requests_per_unit = 1, Unit unit = 2, string name = 3. */
function writeLimit(out: ByteWriter, { requestsPerUnit, unit, name }: CurrentLimit): void {
  const start = out.begin(2);
  writeInt(out, 1, toUint32(requestsPerUnit));
  writeInt(out, 2, unit === "UNKNOWN" ? 0 : limitUnits[unit].number);
  if (name !== "") out.text(3, name);
  out.end(start);
}

/** HeaderValue: string key = 1, string value = 2. */
function writeHeader(out: ByteWriter, field: number, { name, value }: HeaderValue): void {
  const start = out.begin(field);
  out.text(1, name);
  out.text(2, value);
  out.end(start);
}

function writeInt(out: ByteWriter, field: number, value: number): void {
  if (value === 0) return;
  out.tag(field, wire.varint);
  out.varint(value);
}

/** A number of requests as the protocol can say it. */
export const toUint32 = (value: number): number => Math.min(MAX_UINT32, Math.max(0, Math.floor(value)));

/** Whole seconds, as the rate limit service gives them: nobody comes again too early. */
export const toSeconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));
