import { z } from "zod";

/** A setting that holds where to post to. */
export const httpUrl = (describe: string) =>
  z
    .url({ protocol: /^https?$/, error: "expected an http:// or https:// URL" })
    .refine((text) => !hasCredentials(text), "expected a URL without user and password; put them into a header")
    .describe(describe);

/** A setting that holds more request headers; they replace the adapter's own of the same name. */
export const httpHeaders = z
  .record(z.string(), z.string())
  .refine(areHeaders, "expected names and values that HTTP allows in headers")
  .default({})
  .describe("More request headers by name, such as Authorization.")
  .meta({ secret: true });

/** A setting that says whether bodies are packed. */
export const httpCompression = (otherwise: "none" | "gzip") =>
  z.enum(["none", "gzip"]).default(otherwise).describe("How bodies are compressed.");

/** Headers as they are sent: the adapter's own and those of the settings, which win. */
export function joinHeaders(
  own: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return Object.fromEntries(headers);
}

function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== "" || url.password !== "");
}

function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    new Headers(headers);
    return true;
  } catch {
    return false;
  }
}
