import pino from "pino";

/** The hub's structured log. */
export type Log = pino.Logger;

/** JSON lines on standard error, with RFC 3339 times; `level` as in MIXDOWN_LOG_LEVEL (trace ... fatal, silent). */
export function createLog(level = "info"): Log {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Runs `write` at most once in `everyMs` for each key, with the number of times it was held back since. */
export function createLogLimiter(
  everyMs: number,
  now: () => number,
): (key: string, write: (suppressed: number) => void) => void {
  const windows = new Map<string, { since: number; suppressed: number }>();
  return (key, write) => {
    const window = windows.get(key);
    if (window !== undefined && now() - window.since < everyMs) {
      window.suppressed++;
      return;
    }
    if (windows.size >= 1000) windows.clear();
    windows.set(key, { since: now(), suppressed: 0 });
    write(window?.suppressed ?? 0);
  };
}
