import type { PlainValue } from "../../schemas/model/instance.ts";

/** A log line's fields by name. */
export type Fields = Readonly<Record<string, PlainValue>>;

/** Writes the fields of an entry as one line. */
export const lineFormats: Readonly<Record<"json" | "logfmt", (fields: Fields) => string>> = {
  json: (fields) => JSON.stringify(fields),
  logfmt: (fields) =>
    flatten(fields)
      .map(([name, text]) => `${name.replace(/[\s="\p{Cc}]/gu, "_")}=${quote(text)}`)
      .join(" "),
};

/** Fields as texts; a string map gives one for each key. */
export function flatten(fields: Fields): readonly (readonly [string, string])[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "object"
      ? Object.entries(value).map(([key, text]) => [`${name}.${key}`, text] as const)
      : [[name, String(value)] as const],
  );
}

/** Quoted where a reader of logfmt would otherwise end or misread the value. */
function quote(text: string): string {
  return text === "" || /[\s="\\\p{Cc}]/u.test(text) ? JSON.stringify(text) : text;
}
