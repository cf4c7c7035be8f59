import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { SpanEdits, SpanPiece } from "../../../schemas/model/span.ts";
import { passes, readOtState } from "../../../schemas/model/trace-state.ts";
import { ProtoReader } from "../reader.ts";
import { SpanEditor } from "./edit-span.ts";
import { itemWidth, type RequestIndex, type Section } from "./request-index.ts";
import { SamplingReader } from "./sampling-reader.ts";

/** Spans are put together up to this many bytes, so that a lane can send them in requests of any usual limit. */
const pieceBytes = 524_288;

/** Fields that hold what is below: scopes of a resource, spans of a scope, the resources of a request. */
const listField = 2;
const resourcesField = 1;

/**
 * Cuts spans out of a request and wraps them anew: each piece is the resource_spans field of a request, with the resource, scopes
 * and everything else around the spans as they came, byte for byte. Pieces of one request may be sent in any order and
 * together: requests are the same as their fields one behind the other.
 */
export class SpanCutter {
  readonly #writer = new ByteWriter();
  readonly #editor = new SpanEditor();
  readonly #sampling = new SamplingReader();

  /** The pieces that hold these spans, whose numbers ascend, as far as they pass their thresholds. */
  cut(index: RequestIndex, selected: readonly number[], edits?: SpanEdits): SpanPiece[] {
    const places = edits === undefined ? selected : selected.filter((place) => this.#isKept(index, place, edits));
    const pieces: SpanPiece[] = [];
    for (let at = 0; at < places.length; ) {
      const resource = resourceOf(index, places[at]!);
      const start = at;
      for (let bytes = 0; at < places.length && resourceOf(index, places[at]!) === resource; at++) {
        bytes += index.items[places[at]! * itemWidth + 2]! - index.items[places[at]! * itemWidth]!;
        if (bytes > pieceBytes && at > start) break;
      }
      pieces.push({ bytes: this.#wrap(index, resource, places.slice(start, at), edits), spans: at - start });
    }
    return pieces;
  }

  #isKept({ bytes, items }: RequestIndex, place: number, edits: SpanEdits): boolean {
    const threshold = edits.threshold(place);
    if (threshold === undefined) return true;
    const { traceId, state } = this.#sampling.read(bytes, items[place * itemWidth + 1]!, items[place * itemWidth + 2]!);
    return passes(threshold, traceId, readOtState(state));
  }

  #wrap(index: RequestIndex, resource: number, places: readonly number[], edits: SpanEdits | undefined): Uint8Array {
    const writer = this.#writer.reset();
    const outer = writer.begin(resourcesField);
    const { bytes, items } = index;
    copyOthers(writer, bytes, index.resources[resource]!);
    for (let at = 0; at < places.length; ) {
      const scope = items[places[at]! * itemWidth + 3]!;
      const inner = writer.begin(listField);
      copyOthers(writer, bytes, index.scopes[scope]!);
      for (; at < places.length && items[places[at]! * itemWidth + 3] === scope; at++) {
        const item = places[at]! * itemWidth;
        const end = items[item + 2]!;
        if (edits === undefined) writer.raw(bytes.subarray(items[item]!, end));
        else writer.bytes(listField, this.#editor.edit(bytes.subarray(items[item + 1]!, end), places[at]!, edits));
      }
      writer.end(inner);
    }
    writer.end(outer);
    return writer.toBytes();
  }
}

const resourceOf = ({ items, scopes }: RequestIndex, place: number): number =>
  scopes[items[place * itemWidth + 3]!]!.parent;

/** Everything of a section but what is below it, known fields and unknown ones. */
function copyOthers(writer: ByteWriter, bytes: Buffer, { start, end }: Section): void {
  const reader = new ProtoReader().reset(bytes, start, end);
  let from = start;
  while (reader.more) {
    const tagAt = reader.pos;
    const tag = reader.tag();
    reader.skip(tag & 7);
    if (tag >>> 3 !== listField) continue;
    writer.raw(bytes.subarray(from, tagAt));
    from = reader.pos;
  }
  writer.raw(bytes.subarray(from, end));
}
