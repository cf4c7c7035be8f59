import type { Timestamp } from "../../schemas/model/instance.ts";

const hourMs = 3_600_000;

/** Whole milliseconds since the epoch. */
export function millisecondsOf({ seconds, nanos }: Timestamp): number {
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

/** Why New Relic would drop what happened then: it takes the last 48 hours and the next 24. */
export function timeProblem(timeMs: number, nowMs: number): string | undefined {
  if (timeMs < nowMs - 48 * hourMs) return "older than the 48 h that New Relic takes";
  if (timeMs > nowMs + 24 * hourMs) return "more than the 24 h ahead that New Relic takes";
}
