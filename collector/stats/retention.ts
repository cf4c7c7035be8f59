/** Widths of buckets, in seconds. */
export const widths = { base: 10, minute: 60, hour: 3600 } as const;

/** How long each width is kept, in seconds. */
export interface RetentionSeconds {
  readonly base: number;
  readonly minute: number;
  readonly hour: number;
}

/** Kept by default: 10 s for an hour, 1 min for a day, 1 h for 30 days. */
export const defaultRetention: RetentionSeconds = { base: 3600, minute: 86_400, hour: 30 * 86_400 };

/** What is kept for how long. */
export interface Retention {
  readonly seconds: RetentionSeconds;
  /** The finest width still kept at this age in seconds; undefined beyond retention. */
  widthAt(age: number): number | undefined;
}

/** Makes a retention of these lengths. */
export function createRetention(seconds: RetentionSeconds = defaultRetention): Retention {
  return {
    seconds,
    widthAt: (age) => {
      if (age <= seconds.base) return widths.base;
      if (age <= seconds.minute) return widths.minute;
      return age <= seconds.hour ? widths.hour : undefined;
    },
  };
}
