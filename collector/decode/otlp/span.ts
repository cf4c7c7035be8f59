import {
  type RawSpan,
  type SpanLink,
  type SpanResource,
  type SpanValue,
  spanKeys,
} from "../../../schemas/model/span.ts";
import type { Timestamp } from "../../../schemas/model/value.ts";
import { ByteCache } from "../byte-cache.ts";
import { decodeText } from "../reader.ts";
import { readScalar, readText, readWords } from "./any-value.ts";
import type { SpanLimits } from "./span-limits.ts";
import { readLinks } from "./span-links.ts";
import { SpanScan } from "./span-scan.ts";

/** Attributes whose values hardly ever come again; they are not looked up among repeating text. */
const passing: ReadonlySet<string> = new Set([
  ...["guid:x-request-id", "url.path", "url.query", "url.full", "http.url", "http.target", "grpc.path", "enduser.id"],
]);
const isPassing = spanKeys.map((key) => passing.has(key));
const noResource: SpanResource = { attributes: new Map() };
const noLinks: readonly SpanLink[] = [];
const attributeTag = 74;
const keyBytes = Buffer.alloc(24);

/** A span over the bytes it came in: values decode when they are read. One object serves one span after the other. */
export class LazySpan implements RawSpan {
  resource: SpanResource = noResource;
  /** What was found where. */
  readonly scan: SpanScan;
  readonly #texts: ByteCache<string>;

  constructor(texts: ByteCache<string>, limits: SpanLimits) {
    this.#texts = texts;
    this.scan = new SpanScan(limits);
  }

  get traceId(): string {
    return this.scan.bytes.toString("hex", this.scan.traceId, this.scan.traceId + 16);
  }
  get spanId(): string {
    return this.scan.bytes.toString("hex", this.scan.spanId, this.scan.spanId + 8);
  }
  get parentSpanId(): string | undefined {
    const { bytes, parentId } = this.scan;
    return parentId < 0 ? undefined : bytes.toString("hex", parentId, parentId + 8);
  }
  get key(): string {
    return this.#key(this.scan.spanId);
  }
  get parentKey(): string | undefined {
    return this.scan.parentId < 0 ? undefined : this.#key(this.scan.parentId);
  }
  get traceState(): string {
    const { bytes, stateStart, stateEnd } = this.scan;
    return stateStart === stateEnd ? "" : this.#texts.get(bytes, stateStart, stateEnd);
  }
  get name(): string {
    const { bytes, nameStart, nameEnd } = this.scan;
    return nameStart === nameEnd ? "" : this.#texts.get(bytes, nameStart, nameEnd);
  }
  get kind(): number {
    return this.scan.kind;
  }
  get startTime(): Timestamp | undefined {
    return this.scan.startTime;
  }
  get endTime(): Timestamp | undefined {
    return this.scan.endTime;
  }
  get flags(): number | undefined {
    return this.scan.flags;
  }
  get statusCode(): number {
    return this.scan.statusCode;
  }
  get size(): number {
    return this.scan.end - this.scan.start;
  }
  get links(): readonly SpanLink[] {
    return this.scan.links === 0 ? noLinks : readLinks(this.scan);
  }

  #key(spanId: number): string {
    const { bytes, traceId } = this.scan;
    bytes.copy(keyBytes, 0, traceId, traceId + 16);
    bytes.copy(keyBytes, 16, spanId, spanId + 8);
    return keyBytes.toString("latin1");
  }

  value(key: number): SpanValue | undefined {
    const { bytes, reader, values } = this.scan;
    const end = values[key * 2 + 1]!;
    if (end === 0) return undefined;
    return readScalar(reader.reset(bytes, values[key * 2]!, end), isPassing[key] ? undefined : this.#texts);
  }

  valuesUnder(prefix: string): ReadonlyMap<string, string> | undefined {
    const { bytes, reader, start, end } = this.scan;
    const found = new Map<string, string>();
    reader.reset(bytes, start, end);
    while (reader.more) {
      const tag = reader.tag();
      if (tag !== attributeTag) reader.skip(tag & 7);
      else {
        const outer = reader.enter();
        this.#readUnder(prefix, found);
        reader.leave(outer);
      }
    }
    return found.size === 0 ? undefined : found;
  }

  #readUnder(prefix: string, found: Map<string, string>): void {
    const { reader } = this.scan;
    let key = "";
    let words: string | undefined;
    while (reader.more) {
      const tag = reader.tag();
      if (tag === 10) key = readText(reader, this.#texts);
      else if (tag !== 18 || !key.startsWith(prefix)) reader.skip(tag & 7);
      else {
        const outer = reader.enter();
        words = readWords(reader, this.#texts);
        reader.leave(outer);
      }
    }
    if (words !== undefined) found.set(key.slice(prefix.length).toLowerCase(), words);
  }
}

/** Text of one decoder. */
export function createTextCache(): ByteCache<string> {
  return new ByteCache({ entries: 4096, maxBytes: 128 }, decodeText);
}
