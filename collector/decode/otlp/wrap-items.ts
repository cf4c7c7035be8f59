import type { ByteWriter } from "../../../schemas/model/byte-writer.ts";
import { ProtoReader } from "../reader.ts";
import { itemWidth, type RequestIndex, type Section } from "./request-index.ts";

/** Items are put together up to this many bytes, so that a lane can send them in requests of any usual limit. */
export const pieceBytes = 524_288;

/** The field that holds scopes of a resource, and items of a scope. */
export const listField = 2;
/** The field that holds the resources of a request. */
export const resourcesField = 1;

/** Parts items, whose numbers ascend, into runs of one resource and about the size of a piece. */
export function* runsOf(index: RequestIndex, places: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < places.length; ) {
    const resource = resourceOf(index, places[at]!);
    const start = at;
    for (let bytes = 0; at < places.length && resourceOf(index, places[at]!) === resource; at++) {
      bytes += sizeOf(index, places[at]!);
      if (bytes > pieceBytes && at > start) break;
    }
    yield places.slice(start, at);
  }
}

/** Bytes that an item takes, tag and length included. */
export const sizeOf = ({ items }: RequestIndex, place: number): number =>
  items[place * itemWidth + 2]! - items[place * itemWidth]!;

const resourceOf = ({ items, scopes }: RequestIndex, place: number): number =>
  scopes[items[place * itemWidth + 3]!]!.parent;

/**
 * Wraps items of one resource anew, with the resource, scopes and everything else around them as they came, byte for byte.
 * `write` writes each as field 2.
 */
export function wrapItems(
  writer: ByteWriter,
  index: RequestIndex,
  places: readonly number[],
  write: (place: number) => void,
): Uint8Array<ArrayBuffer> {
  writer.reset();
  const outer = writer.begin(resourcesField);
  const { bytes, items } = index;
  copyOthers(writer, bytes, index.resources[resourceOf(index, places[0]!)]!);
  for (let at = 0; at < places.length; ) {
    const scope = items[places[at]! * itemWidth + 3]!;
    const inner = writer.begin(listField);
    copyOthers(writer, bytes, index.scopes[scope]!);
    for (; at < places.length && items[places[at]! * itemWidth + 3] === scope; at++) write(places[at]!);
    writer.end(inner);
  }
  writer.end(outer);
  return writer.toBytes();
}

/** Everything of a section but what is below it, known fields and unknown ones. */
export function copyOthers(writer: ByteWriter, bytes: Buffer, { start, end }: Section): void {
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
