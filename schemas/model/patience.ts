/** Turns of the event loop that an answer gets beyond its time. */
const TURNS = 5;

/**
 * Calls back after a time and some turns of the event loop more; returns how to call it off. Where the process itself was held up, the answer that
 * is waited for may have come and only not been read, or the question not been sent: time that has passed is then no sign.
 */
export function patiently(
  after: (ms: number, callback: () => void) => () => void,
  ms: number,
  callback: () => void,
): () => void {
  let cancel = after(ms, () => turn(TURNS));
  const turn = (left: number): void => {
    cancel = after(0, () => {
      if (left > 1) turn(left - 1);
      else callback();
    });
  };
  return () => cancel();
}
