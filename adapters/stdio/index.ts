import process from "node:process";
import { defineAdapter } from "../adapter.ts";
import type { Flattened } from "../shared/flat-object.ts";
import { lineProblems } from "../shared/line-settings.ts";
import { config } from "./config.ts";
import { createStreamOutlet } from "./outlet.ts";

/** Writes instances to standard output or standard error, as JSON or in Envoy's text format. */
export const stdio = defineAdapter<Flattened["template"], typeof config>({
  type: "stdio",
  summary: "Lines on standard output or standard error, JSON or Envoy's text format.",
  accepts: ["logentry", "edge", "tracespan", "metric"],
  config,
  ordered: true,
  validate: ({ format, line }, instances) => (format === "text" ? lineProblems(line, instances) : []),
  async open({ stream, ...lines }) {
    return createStreamOutlet(process[stream], lines);
  },
});
