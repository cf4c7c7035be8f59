/** The trace that a request belongs to. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string | undefined;
  /** 16 lower-case hex digits. */
  readonly spanId: string | undefined;
  readonly sampled: boolean | undefined;
}

type Headers = Pick<ReadonlyMap<string, string>, "get">;

const b3TraceId = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i;
const b3SpanId = /^[0-9a-f]{16}$/i;
const zeros = /^0+$/;

/** Reads the first valid of traceparent, b3 and x-b3-* among logged request headers; undefined if none is valid. */
export function parseTraceContext(headers: Headers): TraceContext | undefined {
  const traceparent = headers.get("traceparent");
  const b3 = headers.get("b3");
  return (
    (traceparent === undefined ? undefined : parseTraceparent(traceparent)) ??
    (b3 === undefined ? undefined : parseB3(b3)) ??
    parseB3Headers(headers)
  );
}

/** Length of version 00: two digits of version, 32 of trace, 16 of span, two of flags, and the dashes between. */
const TRACEPARENT_LENGTH = 55;

/** Reads a traceparent header (W3C Trace Context, 3.2); later versions are read as far as version 00 goes. */
export function parseTraceparent(header: string): TraceContext | undefined {
  const text = header.trim();
  if (text.length < TRACEPARENT_LENGTH || !hasDashes(text)) return undefined;
  if (!(isHex(text, 0, 2) && isHex(text, 3, 35) && isHex(text, 36, 52) && isHex(text, 53, 55))) return undefined;
  if (text.length > TRACEPARENT_LENGTH && (text.startsWith("00") || text[TRACEPARENT_LENGTH] !== "-")) return undefined;
  if (text.startsWith("ff") || isZero(text, 3, 35) || isZero(text, 36, 52)) return undefined;
  const sampled = (Number.parseInt(text.slice(53, 55), 16) & 1) === 1;
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), sampled };
}

const DASH = 45;

function hasDashes(text: string): boolean {
  return text.charCodeAt(2) === DASH && text.charCodeAt(35) === DASH && text.charCodeAt(52) === DASH;
}

/** Lower-case hex digits only. */
function isHex(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || (code > 57 && code < 97) || code > 102) return false;
  }
  return true;
}

function isZero(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) !== 48) return false;
  return true;
}

/** Reads a single b3 header (openzipkin/b3-propagation): `trace-span[-state[-parent]]`, or the state alone. */
export function parseB3(text: string): TraceContext | undefined {
  const parts = text.trim().split("-");
  const [traceId = "", spanId, state, parent] = parts;
  if (parts.length === 1) return parseB3State(traceId);
  if (parts.length > 4 || (parent !== undefined && !b3SpanId.test(parent))) return undefined;
  const sampling = state === undefined ? unknownState : parseB3State(state);
  return sampling && fromIds(traceId, spanId, sampling.sampled);
}

/** Reads the x-b3-* headers. Without ids, a decision not to sample still counts. */
function parseB3Headers(headers: Headers): TraceContext | undefined {
  const traceId = headers.get("x-b3-traceid");
  const debug = headers.get("x-b3-flags") === "1";
  const state = debug ? "d" : headers.get("x-b3-sampled")?.toLowerCase();
  const sampling = (state === undefined ? undefined : parseB3State(state)) ?? unknownState;
  if (traceId !== undefined) return fromIds(traceId, headers.get("x-b3-spanid"), sampling.sampled);
  return sampling.sampled === undefined ? undefined : sampling;
}

const unknownState: TraceContext = { traceId: undefined, spanId: undefined, sampled: undefined };
const sampledState: TraceContext = { ...unknownState, sampled: true };
const unsampledState: TraceContext = { ...unknownState, sampled: false };

function parseB3State(state: string): TraceContext | undefined {
  if (state === "1" || state === "d" || state === "true") return sampledState;
  return state === "0" || state === "false" ? unsampledState : undefined;
}

/** 64-bit trace ids are padded to the length that spans have, so that both find each other. */
function fromIds(traceId: string, spanId: string | undefined, sampled: boolean | undefined): TraceContext | undefined {
  if (!b3TraceId.test(traceId) || zeros.test(traceId)) return undefined;
  if (spanId === undefined || !b3SpanId.test(spanId) || zeros.test(spanId)) return undefined;
  return { traceId: traceId.toLowerCase().padStart(32, "0"), spanId: spanId.toLowerCase(), sampled };
}
