import type { AdapterLog } from "../adapter.ts";

/** The same line is written once in this time. */
const silenceMs = 60_000;
/** Different lines that are remembered. */
const maxLines = 100;

/** Writes to a log what repeats only once a minute. */
export interface QuietLog {
  write(level: keyof AdapterLog, fields: object, message: string): void;
  /** What repeats may be written again at once: things have changed. */
  reset(): void;
}

/** Wraps a log. `now` gives milliseconds. */
export function createQuietLog(log: AdapterLog, now: () => number): QuietLog {
  const written = new Map<string, number>();
  return {
    write(level, fields, message) {
      const line = `${level} ${message} ${JSON.stringify(fields)}`;
      const lastMs = written.get(line);
      if (lastMs !== undefined && now() - lastMs < silenceMs) return;
      if (written.size >= maxLines) written.clear();
      written.set(line, now());
      log[level](fields, message);
    },
    reset: () => written.clear(),
  };
}
