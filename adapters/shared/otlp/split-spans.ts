import { ByteWriter } from "./byte-writer.ts";
import { eachField } from "./wire-fields.ts";

/** Spans of one part, wrapped as they were. */
export interface SpanPart {
  readonly bytes: Uint8Array;
  readonly spans: number;
}

const RESOURCE_SPANS = 1;
const BELOW = 2;
const TRACE_ID = 1;

/**
 * Splits the spans of a resource_spans field by what `partOf` says of their trace ids, keeping resource, scopes and unknown fields around
 * each. Parts without spans are left out.
 */
export function splitSpans(bytes: Uint8Array, partOf: (traceId: Uint8Array) => number): ReadonlyMap<number, SpanPart> {
  const parts = new Map<
    number,
    { readonly writer: ByteWriter; readonly mark: number; scope: number; inner: number; spans: number }
  >();
  const others: (readonly [start: number, end: number])[] = [];

  const partAt = (number: number) => {
    const known = parts.get(number);
    if (known !== undefined) return known;
    const writer = new ByteWriter();
    const part = { writer, mark: writer.begin(RESOURCE_SPANS), scope: -1, inner: 0, spans: 0 };
    parts.set(number, part);
    return part;
  };

  const addSpan = (
    tagAt: number,
    start: number,
    end: number,
    scope: number,
    around: readonly (readonly [number, number])[],
  ) => {
    const part = partAt(partOf(traceIdOf(bytes, start, end)));
    if (part.scope !== scope) {
      if (part.scope >= 0) part.writer.end(part.inner);
      part.scope = scope;
      part.inner = part.writer.begin(BELOW);
      for (const [from, to] of around) part.writer.raw(bytes.subarray(from, to));
    }
    part.writer.raw(bytes.subarray(tagAt, end));
    part.spans++;
  };

  eachField(bytes, 0, bytes.length, (resource) => {
    eachField(bytes, resource.start, resource.end, (scope) => {
      if (scope.field !== BELOW) {
        others.push([scope.tagAt, scope.end]);
        return;
      }
      const around: (readonly [number, number])[] = [];
      eachField(bytes, scope.start, scope.end, ({ field, tagAt, end }) => {
        if (field !== BELOW) around.push([tagAt, end]);
      });
      eachField(bytes, scope.start, scope.end, ({ field, tagAt, start, end }) => {
        if (field === BELOW) addSpan(tagAt, start, end, scope.tagAt, around);
      });
    });
  });
  return new Map([...parts].map(([number, part]) => [number, finish(bytes, part, others)]));
}

function finish(
  bytes: Uint8Array,
  { writer, mark, inner, spans }: { readonly writer: ByteWriter; readonly mark: number; inner: number; spans: number },
  others: readonly (readonly [number, number])[],
): SpanPart {
  writer.end(inner);
  for (const [start, end] of others) writer.raw(bytes.subarray(start, end));
  writer.end(mark);
  return { bytes: writer.toBytes(), spans };
}

function traceIdOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let id = bytes.subarray(start, start);
  eachField(bytes, start, end, (field) => {
    if (field.field === TRACE_ID) id = bytes.subarray(field.start, field.end);
  });
  return id;
}
