import { parseDuration } from "../../schemas/model/time-text.ts";

/** So many in a time. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

/** Reads a rate: `100/1m`, `5/s`, `1000/24h`; undefined if it is none. Windows are a millisecond to a year long. */
export function parseRate(text: string): Rate | undefined {
  const [, count = "", time = ""] = /^(\d{1,12})\s*\/\s*(\S+)$/.exec(text.trim()) ?? [];
  const nanos = parseDuration(/^[a-z]/.test(time) ? `1${time}` : time);
  if (count === "" || nanos === undefined) return undefined;
  const windowMs = Number(nanos) / 1e6;
  return windowMs >= 1 && windowMs <= 366 * 86_400_000 ? { count: Number(count), windowMs } : undefined;
}
