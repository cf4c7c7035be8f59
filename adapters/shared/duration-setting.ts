import { z } from "zod";
import { parseDuration } from "../../schemas/model/time-text.ts";

/** A setting that holds a time above 0, such as 500ms, 5s or 24h; gives milliseconds. */
export const durationSetting = (otherwise: string, describe: string) =>
  z
    .string()
    .refine((text) => milliseconds(text) > 0, "expected a duration above 0, such as 500ms, 5s or 24h")
    .transform(milliseconds)
    .prefault(otherwise)
    .describe(describe);

/** The same, where no time at all is one too. */
export const timeSetting = (otherwise: string, describe: string) =>
  z
    .string()
    .refine((text) => milliseconds(text) >= 0, "expected a duration, such as 0s, 5s or 1m")
    .transform(milliseconds)
    .prefault(otherwise)
    .describe(describe);

function milliseconds(text: string): number {
  return Number(parseDuration(text) ?? Number.NaN) / 1e6;
}
