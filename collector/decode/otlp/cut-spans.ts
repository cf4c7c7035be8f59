import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { SpanEdits, SpanPiece } from "../../../schemas/model/span.ts";
import { passes, readOtState } from "../../../schemas/model/trace-state.ts";
import { SpanEditor } from "./edit-span.ts";
import { itemWidth, type RequestIndex } from "./request-index.ts";
import { SamplingReader } from "./sampling-reader.ts";
import { listField, runsOf, wrapItems } from "./wrap-items.ts";

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
