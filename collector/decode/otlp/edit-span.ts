import { ByteWriter, wire } from "../../../schemas/model/byte-writer.ts";
import type { PlainValue } from "../../../schemas/model/instance.ts";
import type { SpanEdits } from "../../../schemas/model/span.ts";
import { readOtState, withThreshold } from "../../../schemas/model/trace-state.ts";
import { ProtoReader } from "../reader.ts";
import { readText } from "./any-value.ts";
import { SamplingReader } from "./sampling-reader.ts";

/** Tag of the attributes of a span, and their field. */
const attributeTag = 74;
const attributesField = 9;
const stateTag = 26;

/** Edits spans: attributes that are not named stay as they are, and so does everything else. */
export class SpanEditor {
  readonly #writer = new ByteWriter();
  readonly #reader = new ProtoReader();
  readonly #sampling = new SamplingReader();

  /** The bytes of a checked span with its attributes edited. `place` is its number in the batch. */
  edit(span: Buffer, place: number, edits: SpanEdits): Uint8Array {
    const writer = this.#writer.reset();
    const reader = this.#reader.reset(span, 0, span.length);
    const set = edits.set(place);
    const state = this.#stateFor(span, edits.threshold(place));
    const gone = this.#replaced(span, edits, set);
    reader.reset(span, 0, span.length);
    let from = 0;
    while (reader.more) {
      const tagAt = reader.pos;
      const tag = reader.tag();
      if (tag !== attributeTag) {
        reader.skip(tag & 7);
        if (tag !== stateTag || state === undefined) continue;
        writer.raw(span.subarray(from, tagAt));
        from = reader.pos;
        continue;
      }
      const outer = reader.enter();
      const [start, end] = [reader.pos, reader.end];
      const key = keyOf(reader);
      reader.pos = end;
      reader.leave(outer);
      const to = edits.rename.get(key);
      const redacted = edits.redact.has(key);
      const removed =
        edits.delete.has(key) || (gone.has(key) && to === undefined) || (to !== undefined && Object.hasOwn(set, to));
      if (!removed && to === undefined && !redacted) continue;
      writer.raw(span.subarray(from, tagAt));
      from = end;
      if (removed) continue;
      const renamed = to ?? key;
      if (redacted) writeAttribute(writer, renamed, edits.mask);
      else writeRenamed(writer, renamed, span, start, end);
    }
    writer.raw(span.subarray(from));
    for (const name in set) writeAttribute(writer, name, set[name] as PlainValue);
    if (state !== undefined) writer.text(stateTag >>> 3, state);
    return writer.toBytes();
  }

  /** The tracestate that a span gets by passing a threshold; undefined where it passed one as high before. */
  #stateFor(span: Buffer, threshold: string | undefined): string | undefined {
    if (threshold === undefined) return undefined;
    const { state } = this.#sampling.read(span, 0, span.length);
    const before = readOtState(state).threshold;
    return before !== undefined && before >= threshold ? undefined : withThreshold(state, threshold);
  }

  /** The names that other attributes take: those that are set, and new names of attributes that are there. */
  #replaced(
    span: Buffer,
    { rename, delete: removed }: SpanEdits,
    set: Readonly<Record<string, PlainValue>>,
  ): Set<string> {
    const names = new Set(Object.keys(set));
    if (rename.size === 0) return names;
    const reader = this.#reader.reset(span, 0, span.length);
    while (reader.more) {
      const tag = reader.tag();
      if (tag !== attributeTag) {
        reader.skip(tag & 7);
        continue;
      }
      const outer = reader.enter();
      const key = keyOf(reader);
      const to = rename.get(key);
      if (to !== undefined && !removed.has(key)) names.add(to);
      reader.pos = reader.end;
      reader.leave(outer);
    }
    return names;
  }
}

/** The key of the KeyValue that fills the reader's range: the last one counts. */
function keyOf(reader: ProtoReader): string {
  let key = "";
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 10) key = readText(reader, undefined);
    else reader.skip(tag & 7);
  }
  return key;
}

/** The same KeyValue under another key. */
function writeRenamed(writer: ByteWriter, key: string, span: Buffer, start: number, end: number): void {
  const mark = writer.begin(attributesField);
  writer.text(1, key);
  const reader = new ProtoReader().reset(span, start, end);
  while (reader.more) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    reader.skip(tag & 7);
    if (tag !== 10) writer.raw(span.subarray(tagAt, reader.pos));
  }
  writer.end(mark);
}

/** KeyValue: key = 1, value = 2 AnyValue { string = 1, bool = 2, int = 3, double = 4, kvlist = 6 { values = 1 } }. */
function writeAttribute(writer: ByteWriter, key: string, value: PlainValue, field: number = attributesField): void {
  const mark = writer.begin(field);
  writer.text(1, key);
  const inner = writer.begin(2);
  if (typeof value === "string") writer.text(1, value);
  else if (typeof value === "boolean") {
    writer.tag(2, wire.varint);
    writer.varint(value ? 1 : 0);
  } else if (typeof value !== "number") {
    const list = writer.begin(6);
    for (const name in value) writeAttribute(writer, name, value[name] as string, 1);
    writer.end(list);
  } else if (Number.isSafeInteger(value)) {
    writer.tag(3, wire.varint);
    writer.int64(value);
  } else {
    writer.tag(4, wire.fixed64);
    writer.double(value);
  }
  writer.end(inner);
  writer.end(mark);
}
