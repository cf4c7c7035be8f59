import { parseTimestamp } from "../../../schemas/model/time-text.ts";
import { quote, type Read, textParameter } from "./parameter.ts";

/** A moment, as it was asked for: milliseconds since the epoch, or before or after a time that is known later. */
export type Moment =
  | { readonly kind: "absolute"; readonly ms: number }
  | { readonly kind: "relative"; readonly ms: number };

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const durationPattern = /^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|[smhdw]))+$/;

/** Milliseconds of text such as 90s, 1h30m or 7d; undefined if it is no duration of at most 100 years. */
export function parseSpan(text: string): number | undefined {
  if (text.length > 64 || !durationPattern.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/([\d.]+)(ms|[smhdw])/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0);
  }
  const ms = Math.round(total);
  return ms <= maxSpanMs ? ms : undefined;
}

const maxSpanMs = 100 * 365 * 86_400_000;
/** The last moment of the year 9999 in RFC 3339. */
const maxSeconds = 253_402_300_799;
const momentForms = ["2026-03-01T12:00:00Z", "1772366400", "-15m", "now"];

/** A time: RFC 3339, seconds since the epoch, `now`, or a span before it such as -15m. */
export const moment = textParameter(readMoment, {
  type: "string",
  examples: momentForms,
  description: "RFC 3339, seconds since the epoch, `now`, or a span back from now such as `-15m` (ms, s, m, h, d, w).",
});

function readMoment(text: string): Read<Moment> {
  if (text === "now") return { value: { kind: "relative", ms: 0 } };
  if (/^\d+(?:\.\d+)?$/.test(text)) return readSeconds(text);
  const back = text.startsWith("-") ? parseSpan(text.slice(1)) : undefined;
  if (back !== undefined) return { value: { kind: "relative", ms: -back } };
  // The + of an offset that was not percent-encoded arrives as a space.
  const time = parseTimestamp(text.replace(/ (?=\d{2}:\d{2}$)/, "+"));
  if (time !== undefined)
    return { value: { kind: "absolute", ms: time.seconds * 1000 + Math.floor(time.nanos / 1e6) } };
  return { problem: { message: `${quote(text)} is no time: ${hintFor(text)}`, allowed: momentForms } };
}

function readSeconds(text: string): Read<Moment> {
  const seconds = Number(text);
  if (seconds <= maxSeconds) return { value: { kind: "absolute", ms: Math.round(seconds * 1000) } };
  return { problem: { message: `${quote(text)} is too far away: it is read as seconds since 1970` } };
}

function hintFor(text: string): string {
  if (/^-\d+$/.test(text)) return `a span needs a unit, as in ${text.slice(0, 20)}s`;
  if (parseSpan(text) !== undefined) return `a span back from now starts with a minus, as in -${text}`;
  return "write RFC 3339, seconds since 1970, or a span back from now";
}

/** How far to go back, in milliseconds below 0. */
export function spanBack(leastMs: number, mostMs: number) {
  const read = (text: string): Read<number> => {
    const back = text.startsWith("-") ? parseSpan(text.slice(1)) : undefined;
    if (back !== undefined && back >= leastMs && back <= mostMs) return { value: -back };
    return {
      problem: { message: `${quote(text)} is no span back in time of at least ${leastMs / 1000} s, such as -1h` },
    };
  };
  return textParameter(read, { type: "string", examples: ["-1h", "-1d", "-7d"] });
}

/** A length of time in whole seconds: 10s, 5m, or a plain number of seconds. */
export function span(leastSeconds: number, mostSeconds: number) {
  const read = (text: string): Read<number> => {
    const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : parseSpan(text);
    const seconds = ms === undefined ? Number.NaN : ms / 1000;
    if (Number.isInteger(seconds) && seconds >= leastSeconds && seconds <= mostSeconds) return { value: seconds };
    const bounds = `whole seconds from ${leastSeconds} to ${mostSeconds}`;
    return { problem: { message: `${quote(text)} is no length of time of ${bounds}, such as 10s or 5m` } };
  };
  return textParameter(read, { type: "string", examples: ["10s", "1m", "1h"] });
}

/** The range that was asked for, in milliseconds since the epoch; or what is wrong with it. */
export function resolveRange(
  { from, to }: { readonly from?: Moment | undefined; readonly to?: Moment | undefined },
  nowMs: number,
  defaultMs: number,
): { readonly from: number; readonly to: number } | { readonly problem: string } {
  const until = to === undefined ? nowMs : toMs(to, nowMs);
  const since = from === undefined ? until - defaultMs : toMs(from, nowMs);
  if (since < until) return { from: since, to: until };
  return { problem: `the range is empty: it starts at ${iso(since)} and ends at ${iso(until)}` };
}

const toMs = ({ kind, ms }: Moment, nowMs: number): number => (kind === "absolute" ? ms : nowMs + ms);
const iso = (ms: number): string => new Date(ms).toISOString();
