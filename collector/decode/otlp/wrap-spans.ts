import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { LooseSpan, SpanEdits, SpanPiece, SpanSurroundings, WrapSpans } from "../../../schemas/model/span.ts";
import { SpanEditor } from "./edit-span.ts";
import { listField, pieceBytes, resourcesField } from "./wrap-items.ts";

/** Puts spans that were lifted out of requests back into their surroundings, in pieces that fit into any request; those that passed a threshold say so. */
export function createSpanWrapper(): WrapSpans {
  const writer = new ByteWriter();
  const editor = new SpanEditor();
  let threshold: string | undefined;
  const edits: SpanEdits = {
    ...{ rename: new Map(), redact: new Set(), delete: new Set(), mask: "", set: () => ({}) },
    threshold: () => threshold,
  };

  const finished = (span: LooseSpan): Uint8Array => {
    threshold = span.threshold;
    if (threshold === undefined) return span.bytes;
    const { buffer, byteOffset, length } = span.bytes;
    return editor.edit(Buffer.from(buffer, byteOffset, length), 0, edits);
  };

  const wrap = ({ resource, scope }: SpanSurroundings, spans: readonly LooseSpan[]): SpanPiece => {
    writer.reset();
    const outer = writer.begin(resourcesField);
    writer.raw(resource);
    const inner = writer.begin(listField);
    writer.raw(scope);
    for (const span of spans) writer.bytes(listField, finished(span));
    writer.end(inner);
    writer.end(outer);
    return { bytes: writer.toBytes(), spans: spans.length };
  };

  return (around, spans) => portions(spans).map((portion) => wrap(around, portion));
}

/** As many together as a piece may hold, and at least one. */
function portions(spans: readonly LooseSpan[]): LooseSpan[][] {
  const found: LooseSpan[][] = [];
  let room = 0;
  for (const span of spans) {
    const { length } = span.bytes;
    if (found.length > 0 && length <= room) found.at(-1)?.push(span);
    else {
      found.push([span]);
      room = pieceBytes;
    }
    room -= length;
  }
  return found;
}
