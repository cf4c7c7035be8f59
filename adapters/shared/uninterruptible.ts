import type { Delivery } from "../adapter.ts";

const aborted: Delivery = { status: "retry", reason: "not written within the time of an attempt" };

/**
 * Delivers batches by a write that cannot be taken back once it has begun. After the time of an attempt it goes on alone: the next
 * attempt at the same instances waits for it instead of writing them twice, any other waits for its end first.
 */
export function createUninterruptible<T>(
  write: (batch: readonly T[]) => Promise<void>,
): (batch: readonly T[], signal: AbortSignal) => Promise<Delivery> {
  let pending: { readonly batch: readonly T[]; readonly done: Promise<Delivery> } | undefined;

  return async (batch, signal) => {
    if (signal.aborted) return aborted;
    if (pending !== undefined && !sameItems(pending.batch, batch)) {
      await orAborted(pending.done, signal);
      if (signal.aborted) return aborted;
      pending = undefined;
    }
    pending ??= { batch, done: attempt(() => write(batch)) };
    const delivery = await orAborted(pending.done, signal);
    if (delivery === undefined) return aborted;
    pending = undefined;
    return delivery;
  };
}

async function attempt(write: () => Promise<void>): Promise<Delivery> {
  try {
    await write();
    return { status: "delivered" };
  } catch (error) {
    return { status: "retry", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What a promise comes to; undefined if the signal is aborted first. */
async function orAborted<R>(promise: Promise<R>, signal: AbortSignal): Promise<R | undefined> {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
