import { type Int64, type Timestamp, toInt64 } from "./value.ts";

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** A duration in Go notation, in the largest of s, ms, us and ns that keeps it above one: `1.5s`, `12.345ms`, `250us`, `7ns`, `0s`. */
export function formatDuration(nanos: Int64): string {
  const whole = BigInt(nanos);
  const size = whole < 0n ? -whole : whole;
  const unit = size >= 1_000_000_000n || size === 0n ? "s" : size >= 1_000_000n ? "ms" : size >= 1_000n ? "us" : "ns";
  const scale = unitNanos[unit] as bigint;
  const digits = String(scale).length - 1;
  const fraction =
    digits === 0
      ? ""
      : String(size % scale)
          .padStart(digits, "0")
          .replace(/0+$/, "");
  return `${whole < 0n ? "-" : ""}${size / scale}${fraction === "" ? "" : `.${fraction}`}${unit}`;
}

const plainDuration = /^(\d{1,6})(?:\.(\d{1,6}))?(ns|us|ms|s)$/;
const plainNanos: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** One number and one unit, small enough that floating point is exact: nearly every duration there is. */
function parsePlainDuration(text: string): number | undefined {
  const match = plainDuration.exec(text);
  if (match === null) return undefined;
  const scale = plainNanos[match[3] as string] as number;
  const fraction = match[2];
  const below = fraction === undefined ? 0 : Math.floor((Number(fraction) * scale) / 10 ** fraction.length);
  return Number(match[1]) * scale + below;
}

/** Nanoseconds of a duration in Go notation (`1h2m`, `1.5s`, `-3ms`, `0`), or undefined if it is not one or exceeds 64 bits. */
export function parseDuration(text: string): Int64 | undefined {
  if (text.length > 64) return undefined;
  const plain = parsePlainDuration(text);
  if (plain !== undefined) return plain;
  const [, sign, body] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  if (body === undefined) return undefined;
  if (body === "0") return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let total = 0n;
  for (const [, integer = "", fraction = "", unit = ""] of body.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = unitNanos[unit] as bigint;
    total += BigInt(integer === "" ? 0 : integer) * scale;
    if (fraction !== "") total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (total > 0x7fff_ffff_ffff_ffffn) return undefined;
  return toInt64(sign === "-" ? -total : total);
}

/** RFC 3339 in UTC with as many digits of a second as are needed, at most nine. Years 0001 to 9999. */
export function formatTimestamp({ seconds, nanos }: Timestamp): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  return `${date.toISOString().slice(0, -".000Z".length)}${fraction}Z`;
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;

/** The time that an RFC 3339 text names, or undefined if it is not one. Digits beyond nanoseconds are cut off. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const [, date, hours, minutes, seconds, fraction = "", zone = ""] =
    text.length > 64 ? [] : (rfc3339.exec(text) ?? []);
  if (date === undefined) return undefined;
  const local = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  // A day that its month does not have would be one of the next month, and midnight may not be written 24:00:00.
  if (Number.isNaN(local) || new Date(local).getUTCDate() !== Number(date.slice(8)) || hours === "24") return undefined;
  const offset = zoneMinutes(zone);
  if (offset === undefined) return undefined;
  return { seconds: local / 1000 - offset * 60, nanos: Number(fraction.padEnd(9, "0")) };
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
