/** Asks again and again until the answer is not undefined; throws with what was waited for after the time is up. */
export async function waitFor<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 20_000,
  intervalMs = 50,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await pause(intervalMs);
  }
}

/** Waits until the condition holds; throws with what was waited for after the time is up. */
export async function waitUntil(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 20_000) {
  await waitFor(what, async () => ((await holds()) ? true : undefined), timeoutMs);
}

/** Waits until a number has not changed for `quietMs`, and gives it. */
export async function settled(read: () => Promise<number>, quietMs = 1_500, timeoutMs = 30_000): Promise<number> {
  const until = performance.now() + timeoutMs;
  let last = await read();
  for (let since = performance.now(); performance.now() - since < quietMs; ) {
    await pause(100);
    const now = await read();
    if (now !== last) since = performance.now();
    last = now;
    if (performance.now() > until) throw new Error(`Still changing after ${timeoutMs} ms, last ${last}`);
  }
  return last;
}

/** Real time passing: end-to-end tests wait for other processes. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
