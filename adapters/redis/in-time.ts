import { patiently } from "../../schemas/model/patience.ts";

/** How long a server may take. */
export interface Patience {
  /** In milliseconds. */
  readonly timeoutMs: number;
  /** Calls back after a time; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** An answer that comes within the time; one that comes later goes elsewhere. */
export function inTime<T>(
  answer: Promise<T>,
  { timeoutMs, after }: Patience,
  tooLate: (answer: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const cancel = patiently(after, timeoutMs, () => {
      isLate = true;
      reject(new Error(`no answer within ${timeoutMs} ms`));
    });
    answer.then(
      (given) => {
        cancel();
        if (isLate) tooLate(given);
        else resolve(given);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
