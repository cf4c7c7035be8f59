import type { DescriptorEntry, RateLimitDescriptor, RateLimitRequest } from "../../../schemas/model/rate-limit.ts";
import { ProtoReader, readText, type WireFault } from "../reader.ts";
import { emptyDescriptor, toDescriptor, unitOfNumber, type WireDescriptor } from "./descriptor.ts";

/**
 * Reads an envoy.service.ratelimit.v3.RateLimitRequest, or says what is wrong with its bytes:
 *
 *   RateLimitRequest: domain = 1, repeated RateLimitDescriptor descriptors = 2, uint32 hits_addend = 3
 *
 * Envoy sends raw header bytes here: text that is no UTF-8 becomes U+FFFD.
 */
export function decodeRateLimitRequest(message: Uint8Array): RateLimitRequest | WireFault {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const reader = new ProtoReader().reset(bytes, 0, bytes.length);
  const descriptors: WireDescriptor[] = [];
  let domain = "";
  let hitsAddend = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) domain = readText(reader, bytes);
    else if (tag === 18) descriptors.push(readDescriptor(reader, bytes));
    else if (tag === 24) hitsAddend = reader.varint() >>> 0;
    else reader.skip(tag & 7);
  }
  if (reader.fault !== undefined) return reader.fault;
  return { domain, hitsAddend, descriptors: descriptors.map((wire) => toDescriptor(wire, hitsAddend)) };
}

/** RateLimitDescriptor: repeated Entry entries = 1, RateLimitOverride limit = 2, UInt64Value hits_addend = 3, bool is_negative_hits = 4. */
function readDescriptor(reader: ProtoReader, bytes: Buffer): WireDescriptor {
  const outer = reader.enter();
  const descriptor = emptyDescriptor();
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) descriptor.entries.push(readEntry(reader, bytes));
    else if (tag === 18) descriptor.limit = readOverride(reader);
    else if (tag === 26) descriptor.ownHits = readWrapped(reader);
    else if (tag === 32) descriptor.isNegative = reader.bool();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return descriptor;
}

/** Entry: string key = 1, string value = 2. */
function readEntry(reader: ProtoReader, bytes: Buffer): DescriptorEntry {
  const outer = reader.enter();
  let key = "";
  let value = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) key = readText(reader, bytes);
    else if (tag === 18) value = readText(reader, bytes);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return { key, value };
}

/** RateLimitOverride: uint32 requests_per_unit = 1, RateLimitUnit unit = 2. */
function readOverride(reader: ProtoReader): RateLimitDescriptor["limit"] {
  const outer = reader.enter();
  let requestsPerUnit = 0;
  let unit = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) requestsPerUnit = reader.varint() >>> 0;
    else if (tag === 16) unit = reader.varint();
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return { requestsPerUnit, unit: unitOfNumber(unit) };
}

/** UInt64Value: uint64 value = 1. What no counter can hold counts as the largest that one can. */
function readWrapped(reader: ProtoReader): number {
  const outer = reader.enter();
  let value = 0;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 8) value = Math.min(Number(reader.uint64() ?? Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
    else reader.skip(tag & 7);
  }
  reader.leave(outer);
  return value;
}
