import type { Writable } from "node:stream";
import type { Outlet } from "../adapter.ts";
import type { Flattened } from "../shared/flat-object.ts";
import { createLines, type LineSettings } from "../shared/line-settings.ts";
import { createUninterruptible } from "../shared/uninterruptible.ts";

/** An outlet that writes lines to a stream which it does not own, and which may be slow or broken. */
export function createStreamOutlet(stream: Writable, settings: LineSettings): Outlet<Flattened["template"]> {
  const toLine = createLines(settings);
  // What is wrong is told to the write that meets it; without a listener it would end the process.
  const ignore = () => {};
  stream.on("error", ignore);
  const write = (batch: readonly Flattened[]) =>
    new Promise<void>((resolve, reject) => {
      stream.write(batch.map(toLine).join(""), (error) => (error ? reject(error) : resolve()));
    });
  const deliver = createUninterruptible(write);
  return {
    // Points come only to adapters that sum up.
    deliver: (batch, signal) => deliver(batch as readonly Flattened[], signal),
    sizeOf: (instance) => Buffer.byteLength(toLine(instance as Flattened)),
    async close() {
      stream.off("error", ignore);
    },
  };
}
