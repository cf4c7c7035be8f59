import type { AccessLogEntry, Address, Json, TlsProperties } from "../../../schemas/model/access-log.ts";
import type { TextHasher } from "../../../schemas/model/text-hasher.ts";
import type { Int64, Timestamp } from "../../../schemas/model/value.ts";
import type { WireFault } from "../reader.ts";
import type { JsonObject } from "../struct.ts";
import type { HeaderMap } from "./map.ts";
import { base, httpEntry, tcpEntry } from "./shapes.ts";
import { TapedEntry } from "./taped-entry.ts";

const { common, request, response, connection, entry } = base;

/** envoy.config.core.v3.RequestMethod. */
const methods: readonly (string | undefined)[] = [
  undefined,
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"],
];
/** HTTPAccessLogEntry.HTTPVersion. */
const httpVersions: readonly (string | undefined)[] = [undefined, "1.0", "1.1", "2", "3"];

/**
 * An entry of the access log over the bytes it came in: properties decode when they are read. One object serves one
 * entry after the other. Maps are decoded once for each entry. The numbers are the fields of wire/envoy-als.
 */
export class LazyAccessLogEntry extends TapedEntry implements AccessLogEntry {
  kind: "http" | "tcp" = "http";

  /** Takes the entry in this range; gives what is wrong with it, if anything. */
  read(kind: "http" | "tcp", bytes: Buffer, start: number, end: number): WireFault | undefined {
    this.kind = kind;
    return this.load(bytes, start, end, kind === "http" ? httpEntry : tcpEntry);
  }

  get sampleRate(): number | undefined {
    return this.double(common + 1);
  }
  get downstreamRemoteAddress(): Address | undefined {
    return this.passingAddress(common + 2);
  }
  get downstreamLocalAddress(): Address | undefined {
    return this.cached(common + 3, this.caches.addresses);
  }
  get tls(): TlsProperties | undefined {
    return this.cached(common + 4, this.caches.tls);
  }
  get startTime(): Timestamp | undefined {
    return this.timestamp(common + 5);
  }
  get timeToLastRxByte(): Int64 | undefined {
    return this.durationAt(common + 6);
  }
  get timeToFirstUpstreamTxByte(): Int64 | undefined {
    return this.durationAt(common + 7);
  }
  get timeToLastUpstreamTxByte(): Int64 | undefined {
    return this.durationAt(common + 8);
  }
  get timeToFirstUpstreamRxByte(): Int64 | undefined {
    return this.durationAt(common + 9);
  }
  get timeToLastUpstreamRxByte(): Int64 | undefined {
    return this.durationAt(common + 10);
  }
  get timeToFirstDownstreamTxByte(): Int64 | undefined {
    return this.durationAt(common + 11);
  }
  get timeToLastDownstreamTxByte(): Int64 | undefined {
    return this.durationAt(common + 12);
  }
  get upstreamRemoteAddress(): Address | undefined {
    return this.cached(common + 13, this.caches.addresses);
  }
  get upstreamLocalAddress(): Address | undefined {
    return this.passingAddress(common + 14);
  }
  get upstreamCluster(): string | undefined {
    return this.text(common + 15);
  }
  get responseFlags(): string | undefined {
    return this.cached(common + 16, this.caches.flags);
  }
  filterMetadata(filter: string): JsonObject | undefined {
    return this.struct(common + 17, 1, filter);
  }
  filterFields(filter: string, names: readonly string[]): readonly (Json | undefined)[] | undefined {
    return this.structFields(common + 17, 1, filter, names);
  }
  hashFilterField(filter: string, names: readonly [string], hash: TextHasher): boolean {
    return this.hashField(common + 17, 1, filter, names, hash);
  }
  get upstreamTransportFailureReason(): string | undefined {
    return this.text(common + 18);
  }
  get routeName(): string | undefined {
    return this.text(common + 19);
  }
  get downstreamDirectRemoteAddress(): Address | undefined {
    return this.passingAddress(common + 20);
  }
  filterState(key: string): JsonObject | undefined {
    return this.structInAny(common + 21, 21, key);
  }
  get customTags(): HeaderMap | undefined {
    return this.map(common + 22);
  }
  get duration(): Int64 | undefined {
    return this.durationAt(common + 23);
  }
  get upstreamRequestAttemptCount(): number | undefined {
    return this.uint32(common + 24);
  }
  get connectionTerminationDetails(): string | undefined {
    return this.text(common + 25);
  }
  get streamId(): string | undefined {
    return this.passingText(common + 26);
  }
  get intermediateLogEntry(): boolean {
    return this.bool(common + 27);
  }
  get downstreamTransportFailureReason(): string | undefined {
    return this.text(common + 28);
  }
  get downstreamWireBytesSent(): Int64 | undefined {
    return this.amount(common + 29);
  }
  get downstreamWireBytesReceived(): Int64 | undefined {
    return this.amount(common + 30);
  }
  get upstreamWireBytesSent(): Int64 | undefined {
    return this.amount(common + 31);
  }
  get upstreamWireBytesReceived(): Int64 | undefined {
    return this.amount(common + 32);
  }
  get accessLogType(): number {
    return this.number(common + 33);
  }

  get httpVersion(): string | undefined {
    return this.kind === "http" ? httpVersions[this.number(entry + 2)] : undefined;
  }
  get hasRequest(): boolean {
    return this.kind === "http" && this.has(entry + 3);
  }
  get requestMethod(): string | undefined {
    return methods[this.number(request + 1)];
  }
  get scheme(): string | undefined {
    return this.text(request + 2);
  }
  get authority(): string | undefined {
    return this.text(request + 3);
  }
  get path(): string | undefined {
    return this.passingText(request + 5);
  }
  get userAgent(): string | undefined {
    return this.text(request + 6);
  }
  get referer(): string | undefined {
    return this.passingText(request + 7);
  }
  get forwardedFor(): string | undefined {
    return this.passingText(request + 8);
  }
  get requestId(): string | undefined {
    return this.passingText(request + 9);
  }
  hashRequestId(hash: TextHasher): boolean {
    return this.hashText(request + 9, hash) || this.hashText(common + 26, hash);
  }
  get originalPath(): string | undefined {
    return this.passingText(request + 10);
  }
  get requestHeadersBytes(): Int64 | undefined {
    return this.count(entry + 3, request + 11);
  }
  get requestBodyBytes(): Int64 | undefined {
    return this.count(entry + 3, request + 12);
  }
  get requestHeaders(): HeaderMap | undefined {
    return this.map(request + 13);
  }
  get upstreamHeaderBytesSent(): Int64 | undefined {
    return this.count(entry + 3, request + 14);
  }
  get downstreamHeaderBytesReceived(): Int64 | undefined {
    return this.count(entry + 3, request + 15);
  }

  get hasResponse(): boolean {
    return this.has(entry + 4);
  }
  get responseCode(): number | undefined {
    return this.wrapped(response + 1);
  }
  get responseHeadersBytes(): Int64 | undefined {
    return this.count(entry + 4, response + 2);
  }
  get responseBodyBytes(): Int64 | undefined {
    return this.count(entry + 4, response + 3);
  }
  get responseHeaders(): HeaderMap | undefined {
    return this.map(response + 4);
  }
  get responseTrailers(): HeaderMap | undefined {
    return this.map(response + 5);
  }
  get responseCodeDetails(): string | undefined {
    return this.text(response + 6);
  }
  get upstreamHeaderBytesReceived(): Int64 | undefined {
    return this.count(entry + 4, response + 7);
  }
  get downstreamHeaderBytesSent(): Int64 | undefined {
    return this.count(entry + 4, response + 8);
  }

  get receivedBytes(): Int64 | undefined {
    return this.kind === "tcp" ? this.count(entry + 2, connection + 1) : undefined;
  }
  get sentBytes(): Int64 | undefined {
    return this.kind === "tcp" ? this.count(entry + 2, connection + 2) : undefined;
  }
}
