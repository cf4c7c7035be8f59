import { nearest } from "../../../schemas/model/nearest.ts";
import { type Field, variable } from "./fields.ts";
import { headerOperators, operators } from "./operators.ts";

/** Envoy's default access log line, without its line end. */
export const envoyFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% " +
  '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"';

/** A part of a format: text as it is, or a field. */
export type Part = string | { readonly field: Field; readonly maxLength: number };

/** A format taken apart. */
export interface ParsedFormat {
  readonly parts: readonly Part[];
  /** Variables that are named by themselves, as in `%url.path%`. */
  readonly variables: readonly string[];
  /** What is wrong with it. */
  readonly problems: readonly string[];
}

/** `%%`, or `%NAME%`, `%NAME(ARGUMENT)%` and `%NAME(ARGUMENT):LENGTH%`, where NAME is an operator or a variable. */
const place = /%(?:%|([A-Za-z_][\w.-]*)(?:\(([^)%]*)\))?(?::(\d{1,6}))?%)/y;

/** Takes a format with Envoy's command operators apart; everything wrong with it at once. Its line end is left out. */
export function parseFormat(text: string): ParsedFormat {
  const format = text.replace(/\r?\n$/, "");
  const parts: Part[] = [];
  const variables: string[] = [];
  const problems: string[] = /[\r\n]/.test(format) ? ["a format is one line; write it without line ends in it"] : [];
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf("%", at);
    if (percent !== at) parts.push(format.slice(at, percent === -1 ? undefined : percent));
    if (percent === -1) break;
    place.lastIndex = percent;
    const found = place.exec(format);
    if (found === null) {
      problems.push(
        `expected an operator such as %RESPONSE_CODE% at "${format.slice(percent, percent + 20)}"; % itself is %%`,
      );
      break;
    }
    at = place.lastIndex;
    const [, name, argument, length] = found;
    if (name === undefined) parts.push("%");
    else addField(name, argument, length);
  }
  return { parts, variables, problems };

  function addField(name: string, argument: string | undefined, length: string | undefined): void {
    const field = fieldOf(name, argument);
    if (typeof field === "string") problems.push(field);
    else parts.push({ field, maxLength: length === undefined ? Number.POSITIVE_INFINITY : Number(length) });
    if (!isOperator(name)) variables.push(name);
  }
}

/** What a place says, or why it cannot be. */
function fieldOf(name: string, argument: string | undefined): Field | string {
  if (!isOperator(name))
    return argument === undefined ? variable(name) : `%${name}(...)%: a variable takes no argument`;
  const byHeader = headerOperators[name];
  if (byHeader !== undefined) {
    if (!argument) return `%${name}% needs the name of a header, as in %${name}(USER-AGENT)%`;
    return firstField(argument.toLowerCase().split("?").map(byHeader));
  }
  const field = operators[name];
  if (field === undefined) return unknown(name);
  return argument === undefined ? field : `%${name}(...)%: takes no argument here`;
}

function firstField(fields: readonly Field[]): Field {
  return (entry) => {
    for (const field of fields) {
      const text = field(entry);
      if (text !== undefined) return text;
    }
  };
}

/** Envoy's operators are in capital letters, which no attribute is. */
function isOperator(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

function unknown(name: string): string {
  const close = nearest(name, [...Object.keys(operators), ...Object.keys(headerOperators)]);
  return `%${name}% is no operator known here${close === undefined ? "" : `; did you mean %${close}%?`}`;
}
