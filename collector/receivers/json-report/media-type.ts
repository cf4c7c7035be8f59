import { HttpError } from "../../transport/http-error.ts";

const documents: readonly string[] = ["", "application/json"];
const lines: readonly string[] = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

/** Whether a content-type says that each line is a record. Throws an HttpError (415) for what is no JSON in UTF-8. */
export function writesLines(contentType: string | undefined): boolean {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim().toLowerCase());
  if (!documents.includes(type) && !lines.includes(type))
    throw new HttpError(
      415,
      "UNSUPPORTED_MEDIA_TYPE",
      `content-type ${type} is not taken: expected application/json or application/x-ndjson`,
    );
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  if (charset !== undefined && !["utf-8", "utf8", "us-ascii"].includes(charset.replaceAll('"', "")))
    throw new HttpError(415, "UNSUPPORTED_MEDIA_TYPE", `charset ${charset} is not taken: expected utf-8`);
  return lines.includes(type);
}
