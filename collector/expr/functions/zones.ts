import type { EvalFailure } from "../expression.ts";
import { fault } from "./overload.ts";

/** How far local time is ahead of UTC, in milliseconds, at a time in milliseconds since the epoch. */
export type Zone = (ms: number) => number;

const maxZones = 16;

/** Looks up time zones: `UTC`, an offset such as `+02:00`, or a name of the IANA database; a few names are kept. */
export function createZones(): (name: string) => Zone | EvalFailure {
  const known = new Map<string, Zone | EvalFailure>();
  return (name) => {
    let zone = known.get(name);
    if (zone === undefined) {
      zone = toZone(name);
      if (known.size >= maxZones) known.clear();
      known.set(name, zone);
    }
    return zone;
  };
}

/** The zone of a name, or a fault. */
export function toZone(name: string): Zone | EvalFailure {
  if (name === "" || name === "UTC" || name === "Z") return () => 0;
  const [, sign, hours, minutes] = /^([+-]?)(\d{2}):(\d{2})$/.exec(name) ?? [];
  if (hours !== undefined && Number(hours) < 24 && Number(minutes) < 60) {
    const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return () => (sign === "-" ? -ms : ms);
  }
  return named(name) ?? fault(`unknown time zone ${JSON.stringify(name.slice(0, 40))}`);
}

function named(name: string): Zone | undefined {
  if (name.length > 64 || !/^[A-Za-z]/.test(name)) return undefined;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
    return (ms) => toMs(format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "");
  } catch {
    return undefined; // not in the database
  }
}

/** `GMT+05:45`, `GMT-03:30:52` or `GMT` as milliseconds. */
function toMs(offset: string): number {
  const [, sign, hours, minutes, seconds = "0"] = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(offset) ?? [];
  const ms = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1000;
  return sign === "-" ? -ms : ms;
}
