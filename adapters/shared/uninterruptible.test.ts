import { expect, it } from "vitest";
import { createUninterruptible } from "./uninterruptible.ts";

const never = new AbortController().signal;

/** A write that ends when told to, and what it was given. */
function slowWrite() {
  const writes: { batch: readonly string[]; end: () => void; fail: (error: unknown) => void }[] = [];
  const deliver = createUninterruptible<string>((batch) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    writes.push({ batch, end: resolve, fail: reject });
    return promise;
  });
  return { writes, deliver };
}

it("delivers what is written and tries again what is not", async () => {
  const { writes, deliver } = slowWrite();
  const first = deliver(["a"], never);
  writes[0]!.end();
  expect(await first).toEqual({ status: "delivered" });
  const second = deliver(["b"], never);
  writes[1]!.fail(new Error("ENOSPC: no space left"));
  expect(await second).toEqual({ status: "retry", reason: "ENOSPC: no space left" });
});

it("does not write the same instances twice when the first write was only slow", async () => {
  const { writes, deliver } = slowWrite();
  const abort = new AbortController();
  const slow = deliver(["a", "b"], abort.signal);
  abort.abort();
  expect(await slow).toMatchObject({ status: "retry" });
  const again = deliver(["a", "b"], never);
  writes[0]!.end();
  expect(await again).toEqual({ status: "delivered" });
  expect(writes).toHaveLength(1);
  const third = deliver(["a", "b"], never);
  writes[1]!.end();
  expect(await third).toEqual({ status: "delivered" });
});

it("begins no other write before the slow one has ended", async () => {
  const { writes, deliver } = slowWrite();
  const abort = new AbortController();
  const slow = deliver(["a"], abort.signal);
  abort.abort();
  await slow;
  const impatient = new AbortController();
  const waiting = deliver(["b"], impatient.signal);
  impatient.abort();
  expect(await waiting).toMatchObject({ status: "retry" });
  expect(writes).toHaveLength(1);
  const patient = deliver(["b"], never);
  writes[0]!.end();
  await expect.poll(() => writes.length).toBe(2);
  writes[1]!.end();
  expect(await patient).toEqual({ status: "delivered" });
});

it("writes nothing for an attempt that is over already", async () => {
  const { writes, deliver } = slowWrite();
  expect(await deliver(["a"], AbortSignal.abort())).toMatchObject({ status: "retry" });
  expect(writes).toEqual([]);
});
