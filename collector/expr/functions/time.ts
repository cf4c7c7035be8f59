import { type Int64, type Timestamp, toInt64 } from "../../../schemas/model/value.ts";
import type { EvalFailure } from "../expression.ts";
import { DOUBLE, DURATION, INT64, STRING, TIMESTAMP } from "../types.ts";
import { checkedInt64 } from "./arithmetic.ts";
import { fault, fn, method, type Overload } from "./overload.ts";
import { createZones, toZone, type Zone } from "./zones.ts";

const outOfRange = fault("the time is out of range: years 0001 to 9999");

/** A point in time within the years 0001 to 9999 (google.protobuf.Timestamp), or a fault. */
export function checkedTimestamp(time: Timestamp): Timestamp | EvalFailure {
  return time.seconds >= -62_135_596_800 && time.seconds <= 253_402_300_799 ? time : outOfRange;
}

function shift(time: Timestamp, nanos: Int64): Timestamp | EvalFailure {
  const total = BigInt(time.nanos) + BigInt(nanos);
  const part = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return checkedTimestamp({
    seconds: time.seconds + Number((total - part) / 1_000_000_000n),
    nanos: Number(part),
  });
}

function between(later: Timestamp, earlier: Timestamp): Int64 | EvalFailure {
  const seconds = later.seconds - earlier.seconds;
  return checkedInt64(BigInt(seconds) * 1_000_000_000n + BigInt(later.nanos - earlier.nanos));
}

function back(time: Timestamp, nanos: Int64): Timestamp | EvalFailure {
  return shift(time, toInt64(-BigInt(nanos)));
}

/** Reads a part of a date whose UTC fields are the local ones; `nanos` is that of the time. */
type Part = (local: Date, nanos: number) => number;

const dayMs = 86_400_000;
const parts: Readonly<Record<string, Part>> = {
  getFullYear: (local) => local.getUTCFullYear(),
  getMonth: (local) => local.getUTCMonth(),
  getDate: (local) => local.getUTCDate(),
  getDayOfMonth: (local) => local.getUTCDate() - 1,
  getDayOfWeek: (local) => local.getUTCDay(),
  getDayOfYear: (local) => {
    const start = new Date(0).setUTCFullYear(local.getUTCFullYear(), 0, 1);
    return Math.floor((local.getTime() - start) / dayMs);
  },
  getHours: (local) => local.getUTCHours(),
  getMinutes: (local) => local.getUTCMinutes(),
  getSeconds: (local) => local.getUTCSeconds(),
  getMilliseconds: (_local, nanos) => Math.floor(nanos / 1_000_000),
};

const partFunctions = Object.entries(parts).flatMap(([name, part]): Overload[] => {
  const read = (time: Timestamp, zone: Zone) => {
    const ms = time.seconds * 1000;
    return part(new Date(ms + zone(ms)), time.nanos);
  };
  const inZone = (zones: (name: string) => Zone | EvalFailure) => (time: unknown, name: unknown) => {
    const zone = zones(name as string);
    return typeof zone === "function" ? read(time as Timestamp, zone) : zone;
  };
  return [
    method(name, [TIMESTAMP], INT64, (time: Timestamp) => read(time, () => 0)),
    {
      ...method(name, [TIMESTAMP, STRING], INT64, inZone(toZone)),
      prepare: ([, constant]) => {
        const zones = createZones();
        const known = typeof constant === "string" ? zones(constant) : undefined;
        return known === undefined || typeof known === "function" ? inZone(zones) : known;
      },
    },
  ];
});

const wholeUnits = (unit: bigint) => (nanos: Int64) => toInt64(BigInt(nanos) / unit);

/** Times and durations: arithmetic, and the parts of a time in UTC or a zone (CEL language definition, "Timestamps"). */
export const timeFunctions: readonly Overload[] = [
  fn("_+_", [TIMESTAMP, DURATION], TIMESTAMP, shift),
  fn("_+_", [DURATION, TIMESTAMP], TIMESTAMP, (nanos: Int64, time: Timestamp) => shift(time, nanos)),
  fn("_-_", [TIMESTAMP, DURATION], TIMESTAMP, back),
  fn("_-_", [TIMESTAMP, TIMESTAMP], DURATION, between),
  ...partFunctions,
  fn("seconds", [DURATION], DOUBLE, (nanos: Int64) => Number(nanos) / 1e9),
  method("getHours", [DURATION], INT64, wholeUnits(3_600_000_000_000n)),
  method("getMinutes", [DURATION], INT64, wholeUnits(60_000_000_000n)),
  method("getSeconds", [DURATION], INT64, wholeUnits(1_000_000_000n)),
  method("getMilliseconds", [DURATION], INT64, (nanos: Int64) => Number((BigInt(nanos) / 1_000_000n) % 1000n)),
];
