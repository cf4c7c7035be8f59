import type { Severity } from "./instance.ts";

/** The severities from the lightest to the gravest. */
export const severities: readonly Severity[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** Words of syslog, Mixer and common loggers for the same. */
const synonyms: Readonly<Record<string, Severity>> = {
  default: "info",
  information: "info",
  notice: "info",
  warning: "warn",
  err: "error",
  critical: "fatal",
  crit: "fatal",
  alert: "fatal",
  emergency: "fatal",
  emerg: "fatal",
};

const byWord: ReadonlyMap<string, Severity> = new Map([
  ...severities.map((word): [string, Severity] => [word, word]),
  ...Object.entries(synonyms),
]);

/** The severity that a word means, in letters of any case; undefined if it means none. */
export function parseSeverity(word: string): Severity | undefined {
  return byWord.get(word) ?? byWord.get(word.trim().toLowerCase());
}
