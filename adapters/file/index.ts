import { defineAdapter } from "../adapter.ts";
import type { Flattened } from "../shared/flat-object.ts";
import { createLines, lineProblems } from "../shared/line-settings.ts";
import { createUninterruptible } from "../shared/uninterruptible.ts";
import { config } from "./config.ts";
import { openRotatingFile } from "./rotating-file.ts";

/** Appends instances to a file, as JSON or in Envoy's text format, and rotates it. */
export const file = defineAdapter<Flattened["template"], typeof config>({
  type: "file",
  summary: "Lines in a file, JSON or Envoy's text format, with rotation.",
  accepts: ["logentry", "edge", "tracespan", "metric"],
  config,
  ordered: true,
  validate: ({ format, line }, instances) => (format === "text" ? lineProblems(line, instances) : []),
  async open({ path, mode, fsync, rotate, ...lines }, { now, log }) {
    const toLine = createLines(lines);
    const options = { path, mode: Number.parseInt(mode, 8), fsync, now };
    const target = await openRotatingFile(options, rotate === false ? undefined : rotate, log);
    const write = (batch: readonly Flattened[]) => target.append(Buffer.from(batch.map(toLine).join("")));
    const deliver = createUninterruptible(write);
    return {
      // Points come only to adapters that sum up.
      deliver: (batch, signal) => deliver(batch as readonly Flattened[], signal),
      sizeOf: (instance) => Buffer.byteLength(toLine(instance as Flattened)),
      close: () => target.close(),
    };
  },
});
