import { formatDuration, formatTimestamp } from "../../schemas/model/time-text.ts";
import { isTimestamp } from "../../schemas/model/value.ts";

const smallIntegers: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n));

/** The text of a label value by its static type: decimal numbers, `true`/`false`, RFC 3339 times, durations as `1.5s`; empty if there is none. */
export function toLabelText(value: unknown, type: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && type !== "DURATION") return smallIntegers[value] ?? String(value);
  if (type === "DURATION" && (typeof value === "number" || typeof value === "bigint")) return formatDuration(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (isTimestamp(value)) return formatTimestamp(value);
  return "";
}
