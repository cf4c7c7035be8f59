import type { Address, Json } from "../../../schemas/model/access-log.ts";
import type { CheckListener, ProxiedCheck } from "../../../schemas/model/check-request.ts";
import type { Int64, Timestamp } from "../../../schemas/model/value.ts";
import { type IpCache, parseAddress } from "../access-log/address.ts";
import { findInMap } from "../access-log/lookup.ts";
import { type HeaderMap, isPassing } from "../access-log/map.ts";
import type { ByteCache } from "../byte-cache.ts";
import { MapScan } from "../map-scan.ts";
import { decodeText, ProtoReader } from "../reader.ts";
import { type JsonObject, parseStruct } from "../struct.ts";
import { readTimestamp } from "../well-known.ts";
import { findText } from "./find-text.ts";
import { parseHeaderMap } from "./header-map.ts";
import { LateMap } from "./late-map.ts";
import { contextToJson } from "./raw.ts";
import { base } from "./shapes.ts";

/** What one decoder remembers between requests. */
export interface CheckCaches {
  readonly texts: ByteCache<string>;
  readonly ips: IpCache;
  readonly reader: ProtoReader;
  /** Gives text that repeats from memory. */
  toText(bytes: Buffer, start: number, end: number): string;
}

/** The bytes of a field on the tape; empty ones where it is absent. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const httpField = {
  ...{ id: 1, method: 2, headers: 3, path: 4, host: 5, scheme: 6, size: 9, protocol: 10, body: 11, rawBody: 12 },
  headerMap: 13,
} as const;

const noAddress: Address = { ip: undefined, port: undefined };

/** A CheckRequest of which one pass has noted where its fields are; a value is decoded when it is asked for. */
export class TapedCheck implements ProxiedCheck {
  readonly kind = "ext_authz";
  readonly listener: CheckListener;
  readonly bytes: Buffer;
  readonly #tape: Int32Array;
  readonly #caches: CheckCaches;
  #headers: HeaderMap | null | undefined;
  #destination: Address | undefined;

  constructor(bytes: Buffer, tape: Int32Array, caches: CheckCaches, listener: CheckListener) {
    this.bytes = bytes;
    this.#tape = tape;
    this.#caches = caches;
    this.listener = listener;
  }

  /** Where its fields are noted, for the next request: nothing of this one is read any more. */
  get tape(): Int32Array {
    return this.#tape;
  }

  /** Whether a field is there, be it empty. */
  has(place: number): boolean {
    return this.#tape[place * 2 + 1] !== 0;
  }

  span(place: number): Span {
    return { start: this.#tape[place * 2] as number, end: this.#tape[place * 2 + 1] as number };
  }

  /** Text that hardly ever comes again; undefined if empty. */
  text(place: number): string | undefined {
    const { start, end } = this.span(place);
    return start === end ? undefined : decodeText(this.bytes, start, end);
  }

  map(place: number): HeaderMap | undefined {
    const { start, end } = this.span(place);
    if (end === 0) return undefined;
    const bytes = Buffer.allocUnsafe(end - start);
    this.bytes.copy(bytes, 0, start, end);
    return new LateMap(bytes, this.#caches.texts);
  }

  #known(place: number): string | undefined {
    const { start, end } = this.span(place);
    return start === end ? undefined : this.#caches.texts.get(this.bytes, start, end);
  }

  #address(peer: number): Address {
    const { start, end } = this.span(peer + 1);
    return end === 0 ? noAddress : parseAddress(this.bytes, start, end, this.#caches.ips);
  }

  get isHttp(): boolean {
    return this.has(base.request + 2);
  }

  get sourceIp(): string | undefined {
    return this.#address(base.source).ip;
  }

  get sourcePrincipal(): string {
    return this.#known(base.source + 4) ?? "";
  }

  get sourceService(): string | undefined {
    return this.#known(base.source + 2);
  }

  get destinationIp(): string | undefined {
    this.#destination ??= this.#address(base.destination);
    return this.#destination.ip;
  }

  get destinationPort(): number | undefined {
    this.#destination ??= this.#address(base.destination);
    return this.#destination.port;
  }

  get destinationPrincipal(): string | undefined {
    return this.#known(base.destination + 4);
  }

  get destinationLabels(): HeaderMap | undefined {
    return this.map(base.destination + 3);
  }

  get time(): Timestamp | undefined {
    const { start, end } = this.span(base.request + 1);
    return end === 0 ? undefined : readTimestamp(new ProtoReader().reset(this.bytes, start, end));
  }

  get id(): string | undefined {
    return this.text(base.http + httpField.id);
  }

  get method(): string | undefined {
    return this.#known(base.http + httpField.method);
  }

  header(name: string): string | undefined {
    const list = this.span(base.http + httpField.headerMap);
    if (list.end > list.start) return this.headers?.get(name);
    const { start, end } = this.span(base.http + httpField.headers);
    return end === 0
      ? undefined
      : findText(this.#caches.reader, this.bytes, start, end, name, isPassing(name) ? decodeText : this.#caches.toText);
  }

  get headers(): HeaderMap | undefined {
    if (this.#headers === undefined) this.#headers = this.#readHeaders() ?? null;
    return this.#headers ?? undefined;
  }

  #readHeaders(): HeaderMap | undefined {
    const { start, end } = this.span(base.http + httpField.headerMap);
    if (end === start) return this.map(base.http + httpField.headers);
    const headers = parseHeaderMap(this.bytes, start, end, this.#caches.texts);
    return headers.size === 0 ? undefined : headers;
  }

  get path(): string | undefined {
    return this.text(base.http + httpField.path);
  }

  get host(): string | undefined {
    return this.#known(base.http + httpField.host);
  }

  get scheme(): string | undefined {
    return this.#known(base.http + httpField.scheme);
  }

  /** 0 says nothing: that is what proxies send that do not send bodies. */
  get size(): Int64 | undefined {
    const { start, end } = this.span(base.http + httpField.size);
    const size = end === 0 ? 0 : new ProtoReader().reset(this.bytes, start, end).int64();
    return size > 0 ? size : undefined;
  }

  get protocol(): string | undefined {
    return this.#known(base.http + httpField.protocol);
  }

  get extensions(): HeaderMap | undefined {
    return this.map(base.context + 10);
  }

  get sni(): string | undefined {
    return this.#known(base.tls + 1);
  }

  filterMetadata(filter: string): JsonObject | undefined {
    const { start, end } = this.span(base.metadata + 1);
    if (end === 0) return undefined;
    const found = findInMap(new MapScan(), this.bytes, start, end, 1, filter);
    return found && parseStruct(this.bytes, found.start, found.end);
  }

  raw(): Json {
    return { attributes: contextToJson(this) };
  }
}
