import { indexRequest, itemWidth } from "../../collector/decode/otlp/request-index.ts";
import { makeSpanRequests } from "./span-traffic.ts";

/** Spans of a trace, each of another service, and how long each comes after the one before. */
export const spansInTrace = 8;
const apartMs = 100;
/** What comes at once. */
export const slotMs = 10;
/** One of so many traces has a span with an error, each at another place. */
const tracesToError = 100;

/** Traces at a steady rate, their spans mixed with those of others. Requests hold bytes that the next ones reuse. */
export interface TraceTraffic {
  /** The requests of the next 10 ms, in turn. */
  slot(): Generator<Uint8Array>;
  /** Traces whose last span has come. */
  whole(): number;
}

/** Makes traces at this rate; spans are those of Envoy. */
export function createTraceTraffic(tracesPerSecond: number, spansInRequest: number): TraceTraffic {
  const [template] = makeSpanRequests(1, spansInRequest).map(findSlots);
  const inSlot = Math.round((tracesPerSecond * slotMs) / 1000);
  const slotsApart = apartMs / slotMs;
  let slot = 0;
  return {
    *slot() {
      for (let place = 0; place < spansInTrace; place++) {
        const group = slot - place * slotsApart;
        for (let first = 0; group >= 0 && first < inSlot; first += spansInRequest) {
          for (let i = 0; i < spansInRequest; i++) template!.set(i, group * inSlot + first + i, place);
          yield template!.bytes;
        }
      }
      slot++;
    },
    whole: () => Math.max(0, slot - (spansInTrace - 1) * slotsApart) * inSlot,
  };
}

/** Whether a trace has an error. */
export const hasError = (trace: number): boolean => trace % tracesToError === 0;

const errorPlace = (trace: number): number => (trace / tracesToError) % spansInTrace;

/** The number of the trace in an id. */
export const traceOf = (bytes: Buffer, idAt: number): number => bytes.readUInt32BE(idAt);

/** Finds ids and status codes in a request, so that it can be used for other traces. */
function findSlots(request: Uint8Array) {
  const bytes = Buffer.from(request);
  const { items, count } = indexRequest(bytes, 1_000_000);
  const places = Array.from({ length: count }, (_, n) => {
    const start = items[n * itemWidth + 1]!;
    // The id is the first field, the code a text of three digits in the value behind its key.
    return { id: start + 2, code: bytes.indexOf("http.status_code", start) + 16 + 4 };
  });
  return {
    bytes,
    set(n: number, trace: number, place: number) {
      const { id, code } = places[n]!;
      bytes.writeUInt32BE(trace, id);
      bytes.writeUInt32BE(mixed(trace), id + 8);
      bytes.writeUInt32BE(mixed(trace + 0x5bd1_e995), id + 12);
      bytes.write(hasError(trace) && errorPlace(trace) === place ? "503" : "200", code);
    },
  };
}

/** Finishing step of MurmurHash3: ids that fall evenly. */
function mixed(value: number): number {
  let sum = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2_ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
