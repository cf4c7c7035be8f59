import { z } from "zod";
import { lineSettings } from "../shared/line-settings.ts";

/** Settings of the stdio adapter. */
export const config = z.strictObject({
  stream: z
    .enum(["stdout", "stderr"])
    .default("stdout")
    .describe("Standard output, or standard error, where the hub's own log goes, too."),
  ...lineSettings,
});

/** Checked settings with the defaults filled in. */
export type StdioConfig = z.output<typeof config>;
