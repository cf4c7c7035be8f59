import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import { stopSignal } from "./stop-signal.ts";

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
  const process = new EventEmitter();
  const exit = vi.fn();
  void stopSignal(process, exit);
  process.emit(first);
  expect(exit).not.toHaveBeenCalled();
  process.emit(second);
  expect(exit).toHaveBeenCalledOnce();
});
