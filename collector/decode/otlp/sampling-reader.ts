import { ProtoReader } from "../reader.ts";
import { readText } from "./any-value.ts";

/** What of a span says whether it passes a threshold. */
export interface SpanSampling {
  /** Lower-case hex. */
  readonly traceId: string;
  /** W3C tracestate; empty where there is none. */
  readonly state: string;
}

/** Tags of a span. */
const traceIdTag = 10;
const stateTag = 26;

/** Reads of checked spans what sampling goes by. */
export class SamplingReader {
  readonly #reader = new ProtoReader();

  read(bytes: Buffer, start: number, end: number): SpanSampling {
    const reader = this.#reader.reset(bytes, start, end);
    let traceId = "";
    let state = "";
    while (reader.more) {
      const tag = reader.tag();
      if (tag === stateTag) state = readText(reader, undefined);
      else if (tag !== traceIdTag) reader.skip(tag & 7);
      else {
        const length = reader.length();
        traceId = bytes.toString("hex", reader.pos, reader.pos + length);
        reader.pos += length;
      }
    }
    return { traceId, state };
  }
}
