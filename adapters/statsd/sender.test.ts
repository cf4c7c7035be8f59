import { expect, it } from "vitest";
import { sendAll } from "./sender.ts";

const datagrams = ["a", "b", "c"].map((text, i) => ({ text, indexes: [2 * i, 2 * i + 1] }));
const never = new AbortController().signal;

/** A way that takes so many pieces before it fails. */
function failingAfter(count: number) {
  const sent: string[] = [];
  const way = {
    closed: false,
    sent,
    async send(text: string) {
      if (sent.length >= count) throw new Error("no way");
      sent.push(text);
    },
    close() {
      way.closed = true;
    },
  };
  return way;
}

it.each([
  [3, [], { status: "delivered" }],
  [3, [6], { status: "partial", rejected: [6], reason: "odd" }],
  [0, [], { status: "retry", reason: "no way" }],
  [0, [6], { status: "partial", rejected: [6], retry: [0, 1, 2, 3, 4, 5], reason: "no way; odd" }],
  [2, [], { status: "partial", rejected: [], retry: [4, 5], reason: "no way" }],
])("after %i pieces and with %j rejected says what became of each instance", async (count, rejected, delivery) => {
  const way = failingAfter(count);
  expect(await sendAll(way, { datagrams, rejected, reason: "odd" }, never)).toEqual(delivery);
  expect(way.closed).toBe(count < 3);
});

it("ends with the attempt, though a piece is on its way", async () => {
  const abort = new AbortController();
  const way = { ...failingAfter(3), send: () => new Promise<never>(() => {}) };
  const delivery = sendAll(way, { datagrams, rejected: [], reason: "" }, abort.signal);
  abort.abort();
  expect(await delivery).toEqual({ status: "retry", reason: "the time of the attempt was up" });
});
