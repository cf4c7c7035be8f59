import { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import type { LooseSpan, ScopeOfSpans, SpanEdits, SpanPiece, WrapSpans } from "../../../schemas/model/span.ts";
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

  const wrap = (resource: Uint8Array, scopes: readonly ScopeOfSpans[]): SpanPiece => {
    writer.reset();
    const outer = writer.begin(resourcesField);
    writer.raw(resource);
    for (const { scope, spans } of scopes) {
      const inner = writer.begin(listField);
      writer.raw(scope);
      for (const span of spans) writer.bytes(listField, finished(span));
      writer.end(inner);
    }
    writer.end(outer);
    return { bytes: writer.toBytes(), spans: scopes.reduce((sum, { spans }) => sum + spans.length, 0) };
  };

  return (resource, scopes) => portions(scopes).map((portion) => wrap(resource, portion));
}

/** As many together as a piece may hold, and at least one. */
function portions(scopes: readonly ScopeOfSpans[]): ScopeOfSpans[][] {
  const found: ScopeOfSpans[][] = [];
  let room = 0;
  for (const { scope, spans } of scopes) {
    let last: LooseSpan[] = [];
    for (const span of spans) {
      const { length } = span.bytes;
      const isNew = found.length === 0 || length > room;
      if (isNew) {
        found.push([]);
        room = pieceBytes;
      }
      if (isNew || last.length === 0) {
        last = [];
        found.at(-1)?.push({ scope, spans: last });
      }
      last.push(span);
      room -= length;
    }
  }
  return found;
}
