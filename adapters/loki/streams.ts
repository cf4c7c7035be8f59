import type { LogEntryInstance } from "../../schemas/model/instance.ts";
import { toLabelName } from "../shared/exposition.ts";
import type { LokiConfig } from "./config.ts";

/** The labels of a stream. */
export type Labels = Readonly<Record<string, string>>;

/** How long a combination that is not met any more keeps its place. */
const idleMs = 3_600_000;

/** Most characters of a label's value. */
const maxValue = 2048;

/**
 * Finds the labels of each entry's stream, and keeps streams few: combinations of values beyond `maxStreams` share the stream with
 * `overflow="true"`, whose labels are those of the settings only.
 */
export function createStreams(
  { labels, labelsFrom, maxStreams }: LokiConfig,
  host: { now(): number; onOverflow(instance: string): void },
): (entry: LogEntryInstance) => Labels {
  const variables = labelsFrom.map((variable) => ({ variable, label: toLabelName(variable) }));
  /** When each combination was last met, the longest ago first. */
  const metMs = new Map<string, number>();

  const isKnown = (combination: string): boolean => {
    const nowMs = host.now();
    if (!metMs.has(combination) && metMs.size >= maxStreams) forgetIdle(metMs, nowMs);
    if (!metMs.has(combination) && metMs.size >= maxStreams) return false;
    metMs.delete(combination);
    metMs.set(combination, nowMs);
    return true;
  };

  const labelsOf = ({ instance, severity, variables: values }: LogEntryInstance): Labels => {
    const own = { log: instance, level: severity, ...labels };
    const found = variables.flatMap(({ variable, label }) => {
      const value = values[variable];
      const text = value === undefined || typeof value === "object" ? "" : String(value).slice(0, maxValue);
      return text === "" ? [] : [[label, text] as const];
    });
    if (found.length === 0) return own;
    if (isKnown(JSON.stringify(found))) return { ...own, ...Object.fromEntries(found) };
    host.onOverflow(instance);
    return { ...own, overflow: "true" };
  };

  /** Kept, so that an entry that is sent again goes to the same stream, where Loki knows it. */
  const given = new WeakMap<LogEntryInstance, Labels>();
  return (entry) => {
    const labels = given.get(entry) ?? labelsOf(entry);
    given.set(entry, labels);
    return labels;
  };
}

function forgetIdle(metMs: Map<string, number>, nowMs: number): void {
  for (const [combination, lastMs] of metMs) {
    if (lastMs > nowMs - idleMs) return;
    metMs.delete(combination);
  }
}
