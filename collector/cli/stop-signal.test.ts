import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stopSignal } from "./stop-signal.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each(["SIGTERM", "SIGINT"] as const)("%s is told, even to those who ask for it later", async (signal) => {
  const process = new EventEmitter();
  const stopped = stopSignal(process, vi.fn());
  process.emit(signal);
  await expect(stopped).resolves.toBe(signal);
});

test.each([
  ["SIGTERM", "SIGTERM"],
  ["SIGTERM", "SIGINT"],
  ["SIGINT", "SIGTERM"],
])("%s asks to stop, then %s exits", (first, second) => {
  const { process, exit } = stopping();
  process.emit(first);
  vi.advanceTimersByTime(100);
  expect(exit).not.toHaveBeenCalled();
  process.emit(second);
  expect(exit).toHaveBeenCalledOnce();
});

test("the same signal twice at once leaves a second for a good end", () => {
  const { process, exit } = stopping();
  process.emit("SIGINT");
  vi.advanceTimersByTime(99);
  process.emit("SIGINT");
  vi.advanceTimersByTime(999);
  expect(exit).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(exit).toHaveBeenCalledOnce();
});

function stopping() {
  const process = new EventEmitter();
  const exit = vi.fn();
  void stopSignal(process, exit);
  return { process, exit };
}
