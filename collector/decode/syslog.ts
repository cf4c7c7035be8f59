import type { Json } from "../../schemas/model/access-log.ts";
import type { LogSender } from "../../schemas/model/raw-record.ts";

/** One log line: who wrote it, and the object in its message. */
export interface SyslogLine {
  readonly sender: LogSender;
  readonly value: Json;
}

/** Why a message is none that we take: no object in it, or one that is no JSON (cut off, as a rule). */
export type SyslogFault = "no_json" | "malformed_json";

/**
 * Reads one message of RFC 5424 or RFC 3164, as leniently as senders are strict: any part of the header may be missing.
 *
 *     message = [ "<" priority ">" ] header json
 *     header  = "1 " time host app process id ( "-" | 1*element ) " "            RFC 5424
 *             | [ time ] [ host ] [ tag [ "[" process "]" ] ":" ] [ "@cee:" ]    RFC 3164 and what is sent as it
 */
export function parseSyslog(bytes: Buffer): SyslogLine | SyslogFault {
  const text = bytes.toString("utf8");
  const start = text.startsWith("<") ? text.indexOf(">") + 1 : 0;
  const header = text.startsWith("1 ", start) ? readHeader(text, start + 2) : undefined;
  const brace = text.indexOf("{", header?.end ?? start);
  if (brace < 0) return "no_json";
  const value = parseJson(text.slice(brace));
  if (value === undefined) return "malformed_json";
  return { sender: header?.sender ?? readOldHeader(text.slice(start, brace)), value };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text.endsWith("\0") ? text.slice(0, -1) : text);
  } catch {
    return undefined;
  }
}

/** RFC 5424 6.2 and 6.3; undefined if it is something else. */
function readHeader(text: string, start: number): { sender: LogSender; end: number } | undefined {
  const fields = /(\S+) (\S+) (\S+) (\S+) (\S+) /y;
  fields.lastIndex = start;
  const [, , host = "", app = ""] = fields.exec(text) ?? [];
  if (app === "") return undefined;
  return { sender: { host: known(host), app: known(app) }, end: endOfElements(text, fields.lastIndex) };
}

function endOfElements(text: string, start: number): number {
  const element = /\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\]/y;
  let end = start;
  for (;;) {
    element.lastIndex = end;
    if (!element.test(text)) return end;
    end = element.lastIndex;
  }
}

const oldTime = /^\s*(?:[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d+)?|\d{4}-\d{2}-\d{2}[T ]\S+)\s+/;

/** RFC 3164 4.1.2 and 4.1.3: what stands between time and message. */
function readOldHeader(header: string): LogSender {
  const words = header
    .replace(/@cee:\s*$/, "")
    .replace(oldTime, "")
    .trim()
    .split(/\s+/);
  const last = words.at(-1) ?? "";
  const tagged = last.endsWith(":");
  const app = tagged ? last.slice(0, -1).replace(/\[[^\]]*\]$/, "") : "";
  const host = tagged ? (words.at(-2) ?? "") : last;
  return { host: known(host), app: known(app) };
}

/** Names longer than RFC 5424 lets a host's be are no names. */
const MAX_NAME = 255;

function known(name: string): string | undefined {
  return name === "" || name === "-" || name.length > MAX_NAME ? undefined : name;
}
