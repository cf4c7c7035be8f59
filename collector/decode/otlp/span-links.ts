import type { SpanLink } from "../../../schemas/model/span.ts";
import type { ProtoReader } from "../reader.ts";
import type { SpanScan } from "./span-scan.ts";

/** Links that are read of a span, as many as SDKs keep. */
const maxRead = 128;
const linkTag = 106;
/** Link: trace_id = 1, span_id = 2. */
const traceIdTag = 10;
const spanIdTag = 18;

/** The links of a span that was checked; those without sound ids are left out. */
export function readLinks({ reader, bytes, start, end }: SpanScan): SpanLink[] {
  const links: SpanLink[] = [];
  reader.reset(bytes, start, end);
  while (reader.more && links.length < maxRead) {
    const tag = reader.tag();
    if (tag !== linkTag) {
      reader.skip(tag & 7);
      continue;
    }
    const outer = reader.enter();
    const link = readLink(reader, bytes);
    if (link !== undefined) links.push(link);
    reader.leave(outer);
  }
  return links;
}

function readLink(reader: ProtoReader, bytes: Buffer): SpanLink | undefined {
  let traceId: string | undefined;
  let spanId: string | undefined;
  while (reader.more) {
    const tag = reader.tag();
    if (tag === traceIdTag) traceId = readId(reader, bytes, 16);
    else if (tag === spanIdTag) spanId = readId(reader, bytes, 8);
    else reader.skip(tag & 7);
  }
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

/** An id of this length that is not all zero. */
function readId(reader: ProtoReader, bytes: Buffer, length: number): string | undefined {
  const found = reader.length();
  const start = reader.pos;
  reader.pos += found;
  const id = bytes.toString("hex", start, start + found);
  return found === length && /[^0]/.test(id) ? id : undefined;
}
