import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { SpanEdits, SpanPiece, SpanSurroundings, TakeSpan } from "../../../schemas/model/span.ts";
import { passes, readOtState } from "../../../schemas/model/trace-state.ts";
import { SpanEditor } from "./edit-span.ts";
import { itemWidth, type RequestIndex, type Section } from "./request-index.ts";
import { SamplingReader } from "./sampling-reader.ts";
import { copyOthers, listField, runsOf, wrapItems } from "./wrap-items.ts";

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
    const write = (place: number) => this.#write(index, place, edits);
    return [...runsOf(index, places)].map((run) => ({
      bytes: wrapItems(this.#writer, index, run, write),
      spans: run.length,
    }));
  }

  /** These spans one by one, edited, apart from what stands around them. */
  lift(index: RequestIndex, places: readonly number[], edits: SpanEdits | undefined, take: TakeSpan): void {
    const { bytes, items, resources, scopes } = index;
    let [resource, scope] = [-1, -1];
    let around: SpanSurroundings = { resource: noBytes, scope: noBytes };
    for (const [at, place] of places.entries()) {
      const item = place * itemWidth;
      if (items[item + 3] !== scope) {
        scope = items[item + 3]!;
        const { parent } = scopes[scope]!;
        const same = parent === resource ? around.resource : this.#others(bytes, resources[parent]!);
        around = { resource: same, scope: this.#others(bytes, scopes[scope]!) };
        resource = parent;
      }
      const span = bytes.subarray(items[item + 1]!, items[item + 2]!);
      take(at, around, edits === undefined ? span : this.#editor.edit(span, place, edits));
    }
  }

  #others(bytes: Buffer, section: Section): Uint8Array {
    const writer = this.#writer.reset();
    copyOthers(writer, bytes, section);
    return writer.toBytes();
  }

  #isKept({ bytes, items }: RequestIndex, place: number, edits: SpanEdits): boolean {
    const threshold = edits.threshold(place);
    if (threshold === undefined) return true;
    const { traceId, state } = this.#sampling.read(bytes, items[place * itemWidth + 1]!, items[place * itemWidth + 2]!);
    return passes(threshold, traceId, readOtState(state));
  }

  #write({ bytes, items }: RequestIndex, place: number, edits: SpanEdits | undefined): void {
    const item = place * itemWidth;
    const end = items[item + 2]!;
    if (edits === undefined) this.#writer.raw(bytes.subarray(items[item]!, end));
    else this.#writer.bytes(listField, this.#editor.edit(bytes.subarray(items[item + 1]!, end), place, edits));
  }
}

const noBytes = new Uint8Array(0);
