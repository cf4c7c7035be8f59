import type { LogName } from "./names.ts";

/** How one token of a line is written: bare, in quotes, a number, or the request in quotes. */
type Kind = "bare" | "quoted" | "number" | "request" | "time";

interface Column {
  readonly kind: Kind;
  /** What it is; undefined for what nothing is made of. */
  readonly name?: LogName;
}

const bare = (name?: LogName): Column => ({ kind: "bare", ...(name && { name }) });
const quoted = (name?: LogName): Column => ({ kind: "quoted", ...(name && { name }) });
const number = (name?: LogName): Column => ({ kind: "number", ...(name && { name }) });
const request: Column = { kind: "request" };
const time: Column = { kind: "time" };

const sizes = [number("received"), number("sent"), number("duration")];
const heads = [
  quoted("forwardedFor"),
  quoted("userAgent"),
  quoted("requestId"),
  quoted("authority"),
  quoted("upstream"),
];
const failure = [bare("details"), bare("termination"), quoted("failure")];
const sockets = [
  bare("cluster"),
  bare("upstreamLocal"),
  bare("local"),
  bare("remote"),
  bare("serverName"),
  bare("route"),
];
const start = [time, request, number("code"), bare("flags")];

/** Formats of access logs by their columns, the longest first: Istio's default, Envoy's default, and shorter ones in use. */
const formats: readonly (readonly Column[])[] = [
  [...start, ...failure, ...sizes, bare("upstreamTime"), ...heads, ...sockets],
  [...start, ...sizes, bare("upstreamTime"), ...heads],
  [...start, bare("details"), ...sizes],
  [...start, ...sizes],
  [bare("method"), bare("path"), number("code")],
];

const methods = /^[A-Z][A-Z-]{2,19}$/;

/**
 * Reads a line of an access log in one of the formats above; undefined for any other. Values are as they stand in the line, a
 * dash for what is absent.
 *
 *     line  = token *( " " token )
 *     token = "[" time "]" / DQUOTE *any DQUOTE / 1*any but SP
 */
export function parseLine(line: string): Map<LogName, string> | undefined {
  if (line.length > MAX_LENGTH) return undefined;
  const tokens = line.trimEnd().match(token) ?? [];
  const format = formats.find((columns) => fits(columns, tokens));
  return format && read(format, tokens);
}

const MAX_LENGTH = 65_536;
const token = /\[[^\]]*\](?= |$)|"[^"]*"(?= |$)|[^ ]+/g;

function fits(columns: readonly Column[], tokens: readonly string[]): boolean {
  if (columns.length !== tokens.length) return false;
  if (columns[0] !== time && !methods.test(tokens[0] ?? "")) return false;
  return columns.every(({ kind }, place) => isKind(kind, tokens[place] ?? ""));
}

function isKind(kind: Kind, text: string): boolean {
  switch (kind) {
    case "time":
      return text.startsWith("[");
    case "number":
      return /^(?:-|\d{1,18})$/.test(text);
    case "request":
      return /^"[^ "]+ [^"]* [^ "]+"$/.test(text);
    case "quoted":
      return text.startsWith('"');
    default:
      return !text.startsWith('"');
  }
}

function read(columns: readonly Column[], tokens: readonly string[]): Map<LogName, string> {
  const values = new Map<LogName, string>();
  for (const [place, { kind, name }] of columns.entries()) {
    const text = tokens[place] ?? "";
    if (kind === "request") readRequest(text.slice(1, -1), values);
    else if (name !== undefined) values.set(name, kind === "quoted" ? text.slice(1, -1) : text);
  }
  return values;
}

/** METHOD PATH PROTOCOL; a path may hold blanks. */
function readRequest(text: string, values: Map<LogName, string>): void {
  const first = text.indexOf(" ");
  const last = text.lastIndexOf(" ");
  values.set("method", text.slice(0, first));
  values.set("path", text.slice(first + 1, last));
  values.set("protocol", text.slice(last + 1));
}
