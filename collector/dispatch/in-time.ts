import type { Clock } from "./clock.ts";

/** Longest that an adapter may take to open or to close. */
export const IN_TIME_MS = 10_000;

/** What opens, and has to be closed. */
interface Opened {
  close(): Promise<void>;
}

/** What an adapter opens, unless that takes too long: then it is closed as soon as it is there after all. */
export async function openInTime<T extends Opened>(open: () => Promise<T>, clock: Clock): Promise<T> {
  const opening = open();
  try {
    return await inTime(opening, clock, `the adapter is not open after ${IN_TIME_MS / 1000} s`);
  } catch (error) {
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  }
}

/** Closes what an adapter opened, and waits for it so long and no longer. Never rejects. */
export async function closeInTime(opened: Opened, clock: Clock, onFault: (error: unknown) => void): Promise<void> {
  try {
    await inTime(opened.close(), clock, `the adapter is not closed after ${IN_TIME_MS / 1000} s`);
  } catch (error) {
    onFault(error);
  }
}

function inTime<T>(promise: Promise<T>, clock: Clock, late: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(IN_TIME_MS, () => reject(new Error(late)));
    Promise.resolve(promise).then(resolve, reject).finally(cancel);
  });
}
