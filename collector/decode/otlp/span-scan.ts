import { spanKeys } from "../../../schemas/model/span.ts";
import type { Timestamp } from "../../../schemas/model/value.ts";
import { ProtoReader } from "../reader.ts";
import { checkAnyValue, checkKeyValue } from "./any-value.ts";
import { KeyTable } from "./key-table.ts";
import type { SpanFault } from "./span-faults.ts";
import type { SpanLimits } from "./span-limits.ts";
import { readUnixNanos } from "./unix-nanos.ts";

/** Tags of opentelemetry.proto.trace.v1.Span: field number times 8 plus wire type. */
const tags = {
  traceId: 10,
  spanId: 18,
  traceState: 26,
  parentSpanId: 34,
  name: 42,
  kind: 48,
  start: 57,
  end: 65,
  attribute: 74,
  event: 90,
  link: 106,
  status: 122,
  flags: 133,
} as const;

/** The last field of a span that is known. */
const lastField = 16;
/** Known fields of a span that are only passed over: the dropped counts. */
const counts: ReadonlySet<number> = new Set([80, 96, 112]);

/** The fields of a message within a span: the tag of its attributes, its last field, and the tags of the other fields. */
interface PartShape {
  readonly attribute: number;
  readonly last: number;
  readonly others: ReadonlySet<number>;
}

/** Event: time_unix_nano = 1, name = 2, attributes = 3, dropped_attributes_count = 4. */
const eventShape: PartShape = { attribute: 26, last: 4, others: new Set([9, 18, 32]) };
/** Link: trace_id = 1, span_id = 2, trace_state = 3, attributes = 4, dropped_attributes_count = 5, flags = 6. */
const linkShape: PartShape = { attribute: 34, last: 6, others: new Set([10, 18, 26, 40, 53]) };

const keyTable = new KeyTable(spanKeys);
const noBytes = Buffer.alloc(0);

/**
 * One pass over a span that checks it to its last byte and notes what is where. One object serves one span after the
 * other. This runs for every span, so fields are numbers and nothing is made.
 */
export class SpanScan {
  readonly reader = new ProtoReader();
  bytes: Buffer = noBytes;
  start = 0;
  end = 0;
  /** Where ids begin; -1 where there is none. */
  traceId = -1;
  spanId = -1;
  parentId = -1;
  stateStart = 0;
  stateEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  kind = 0;
  flags: number | undefined = undefined;
  statusCode = 0;
  startTime: Timestamp | undefined = undefined;
  endTime: Timestamp | undefined = undefined;
  /** How many links there are. */
  links = 0;
  /** Start and end of the value of each known attribute; end 0 where it is absent. */
  readonly values = new Int32Array(spanKeys.length * 2);
  readonly #limits: SpanLimits;
  #attributes = 0;
  #events = 0;

  constructor(limits: SpanLimits) {
    this.#limits = limits;
  }

  /** Takes the span in this range; gives what is wrong with it, if anything. */
  scan(bytes: Buffer, start: number, end: number): SpanFault | undefined {
    this.#reset(bytes, start, end);
    const reader = this.reader.reset(bytes, start, end);
    let fault: SpanFault | undefined;
    while (reader.more && fault === undefined) fault = this.#field(reader, reader.tag());
    if (reader.fault !== undefined || fault !== undefined) return reader.fault ?? fault;
    if (this.traceId < 0) return "trace_id";
    return this.spanId < 0 ? "span_id" : undefined;
  }

  #reset(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.traceId = -1;
    this.spanId = -1;
    this.parentId = -1;
    this.stateStart = 0;
    this.stateEnd = 0;
    this.nameStart = 0;
    this.nameEnd = 0;
    this.kind = 0;
    this.flags = undefined;
    this.statusCode = 0;
    this.startTime = undefined;
    this.endTime = undefined;
    this.values.fill(0);
    this.#attributes = 0;
    this.#events = 0;
    this.links = 0;
  }

  #field(reader: ProtoReader, tag: number): SpanFault | undefined {
    switch (tag) {
      case tags.attribute:
        return this.#attribute(reader);
      case tags.event:
        return ++this.#events > this.#limits.maxEvents ? "events" : this.#part(reader, eventShape);
      case tags.link:
        return ++this.links > this.#limits.maxLinks ? "links" : this.#part(reader, linkShape);
      case tags.traceId:
        this.traceId = this.#id(reader, 16);
        return this.traceId < 0 ? "trace_id" : undefined;
      case tags.spanId:
        this.spanId = this.#id(reader, 8);
        return this.spanId < 0 ? "span_id" : undefined;
      case tags.parentSpanId:
        return this.#parent(reader);
      case tags.name:
        this.nameEnd = reader.length();
        this.nameStart = reader.pos;
        this.nameEnd += reader.pos;
        reader.pos = this.nameEnd;
        return undefined;
      case tags.traceState:
        this.stateEnd = reader.length();
        this.stateStart = reader.pos;
        this.stateEnd += reader.pos;
        reader.pos = this.stateEnd;
        return undefined;
      case tags.kind:
        this.kind = reader.varint();
        return undefined;
      case tags.start:
        this.startTime = readUnixNanos(reader);
        return undefined;
      case tags.end:
        this.endTime = readUnixNanos(reader);
        return undefined;
      case tags.flags:
        this.flags = readFixed32(reader);
        return undefined;
      case tags.status:
        return this.#status(reader);
      default:
        if (tag >>> 3 <= lastField && !counts.has(tag)) reader.fail("wire_type");
        else reader.skip(tag & 7);
        return undefined;
    }
  }

  /** An id of this length that is not all zero: where it begins; -1 for any other. */
  #id(reader: ProtoReader, length: number): number {
    if (reader.length() !== length) return -1;
    const start = reader.pos;
    reader.pos += length;
    for (let at = start; at < reader.pos; at++) if (this.bytes[at] !== 0) return start;
    return -1;
  }

  /** A root may say so by an empty id, or by zeros. */
  #parent(reader: ProtoReader): SpanFault | undefined {
    const length = reader.length();
    if (length !== 0 && length !== 8) return "parent_span_id";
    const start = reader.pos;
    reader.pos += length;
    this.parentId = -1;
    for (let at = start; at < reader.pos; at++) if (this.bytes[at] !== 0) this.parentId = start;
    return undefined;
  }

  /** KeyValue: key = 1, value = 2. Notes where the value is, if anything is made of it. */
  #attribute(reader: ProtoReader): SpanFault | undefined {
    if (++this.#attributes > this.#limits.maxAttributes) return "attributes";
    const outer = reader.enter();
    let key = -1;
    let start = 0;
    let end = 0;
    while (reader.more) {
      const tag = reader.tag();
      if (tag === 10) {
        const length = reader.length();
        key = keyTable.find(this.bytes, reader.pos, reader.pos + length);
        reader.pos += length;
      } else if (tag === 18) {
        const within = reader.enter();
        start = reader.pos;
        end = reader.end;
        checkAnyValue(reader, 0);
        reader.leave(within);
      } else if (tag >>> 3 <= 2) reader.fail("wire_type");
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    if (key >= 0) {
      this.values[key * 2] = start;
      this.values[key * 2 + 1] = end;
    }
    return undefined;
  }

  /** An event or a link: checks its attributes and passes over the rest. */
  #part(reader: ProtoReader, { attribute, last, others }: PartShape): SpanFault | undefined {
    const outer = reader.enter();
    let attributes = 0;
    while (reader.more) {
      const tag = reader.tag();
      if (tag === attribute) {
        if (++attributes > this.#limits.maxAttributes) return "attributes";
        const within = reader.enter();
        checkKeyValue(reader, 0);
        reader.leave(within);
      } else if (tag >>> 3 <= last && !others.has(tag)) reader.fail("wire_type");
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    return undefined;
  }

  /** Status: message = 2, code = 3. */
  #status(reader: ProtoReader): undefined {
    const outer = reader.enter();
    while (reader.more) {
      const tag = reader.tag();
      if (tag === 24) this.statusCode = reader.varint();
      else if (tag >>> 3 === 3 || (tag >>> 3 === 2 && tag !== 18)) reader.fail("wire_type");
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    return undefined;
  }
}

function readFixed32(reader: ProtoReader): number {
  const at = reader.pos;
  reader.skip(5);
  return reader.fault === undefined ? (reader.bytes as Buffer).readUInt32LE(at) : 0;
}
