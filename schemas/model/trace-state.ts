/** What OpenTelemetry's entry of a W3C tracestate says of sampling; digits are lower-case hex, 14 of them. */
export interface OtState {
  /** Spans whose randomness is below it were left out (`th`); undefined where it is not known. */
  readonly threshold: string | undefined;
  /** Randomness that stands in for that of the trace id (`rv`). */
  readonly randomness: string | undefined;
}

const digits = 14;
const range = 2 ** 56;
const nothing: OtState = { threshold: undefined, randomness: undefined };
const isThreshold = /^[0-9a-f]{1,14}$/;
const isRandomness = /^[0-9a-f]{14}$/;

/** Reads the entry `ot` of a tracestate; what is not well formed is as if it were not there. */
export function readOtState(traceState: string): OtState {
  const entry = entriesOf(traceState).find(isOt);
  if (entry === undefined) return nothing;
  const fields = fieldsOf(entry);
  const of = (key: string) => fields.find((field) => field.startsWith(`${key}:`))?.slice(key.length + 1);
  const [threshold, randomness] = [of("th"), of("rv")];
  return {
    threshold: threshold !== undefined && isThreshold.test(threshold) ? threshold.padEnd(digits, "0") : undefined,
    randomness: randomness !== undefined && isRandomness.test(randomness) ? randomness : undefined,
  };
}

/** The tracestate with this threshold in its entry `ot`, which comes first, as what was changed last does. */
export function withThreshold(traceState: string, threshold: string): string {
  const entries = entriesOf(traceState);
  const others = fieldsOf(entries.find(isOt) ?? "ot=").filter((field) => !field.startsWith("th:"));
  const short = threshold.replace(/0+$/, "") || "0";
  return [`ot=${[`th:${short}`, ...others].join(";")}`, ...entries.filter((entry) => !isOt(entry))].join(",");
}

/** The threshold that keeps this part of all traces; the rate is above 0. */
export function thresholdOf(rate: number): string {
  const threshold = Math.min(range - 8, Math.max(0, Math.round((1 - rate) * range)));
  return threshold.toString(16).padStart(digits, "0");
}

/** How many spans one stands for that passed this threshold. */
export function countAt(threshold: string): number {
  return range / (range - Number.parseInt(threshold, 16));
}

/** Whether a trace passes a threshold: the same for all its spans, everywhere. */
export function passes(threshold: string, traceId: string, { randomness }: OtState): boolean {
  return (randomness ?? traceId.slice(-digits)) >= threshold;
}

const isOt = (entry: string) => entry.startsWith("ot=");
const entriesOf = (traceState: string) => traceState.split(",").flatMap((entry) => entry.trim() || []);
const fieldsOf = (entry: string) =>
  entry
    .slice(3)
    .split(";")
    .filter((field) => field !== "");
