import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";
import { lineSettings } from "../shared/line-settings.ts";

const maxAge = z
  .string()
  .refine((text) => milliseconds(text) > 0, "expected a duration above 0, such as 24h")
  .transform(milliseconds)
  .optional()
  .describe("Rotate a file that is older than this, when the next lines come.");

const rotate = z
  .strictObject({
    maxBytes: z.int().min(1024).default(104_857_600).describe("Rotate a file before it grows beyond this."),
    maxAge,
    keep: z.int().min(0).default(7).describe("Rotated files that are kept; the oldest are deleted."),
    compression: z.enum(["none", "gzip"]).default("none").describe("How rotated files are compressed."),
  })
  .describe("When a new file is begun.");

/** Settings of the file adapter. */
export const config = z.strictObject({
  path: z.string().min(1).describe("File to append to; it and its folders are made if they are missing."),
  ...lineSettings,
  rotate: z
    .union([z.literal(false), rotate])
    .prefault({})
    .describe("When a new file is begun; false leaves that to others, such as logrotate."),
  fsync: z
    .boolean()
    .default(false)
    .describe("Make every batch safe against a power cut before it counts as delivered."),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'expected permissions as octal text, such as "0640"')
    .default("0640")
    .describe("Permissions of files that are made."),
});

/** Checked settings with the defaults filled in. */
export type FileConfig = z.output<typeof config>;
/** Settings of rotation. */
export type RotateConfig = z.output<typeof rotate>;

function milliseconds(text: string): number {
  return Number(parseDuration(text) ?? Number.NaN) / 1e6;
}
