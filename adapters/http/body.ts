import type { FlatObject } from "../shared/flat-object.ts";
import type { HttpConfig } from "./config.ts";

/** The media type of each format. */
export const mediaTypes: Readonly<Record<HttpConfig["format"], string>> = {
  array: "application/json",
  lines: "application/x-ndjson",
};

/** A request's body: an array of objects, or an object a line, the last line ended, too. */
export function toBody(objects: readonly FlatObject[], format: HttpConfig["format"]): string {
  return format === "array" ? JSON.stringify(objects) : objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}
