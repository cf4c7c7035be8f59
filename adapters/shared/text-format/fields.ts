import type { LogEntryInstance, PlainValue } from "../../../schemas/model/instance.ts";
import { parseDuration, parseTimestamp } from "../../../schemas/model/time-text.ts";

/** What a place in a line says of an entry; undefined if there is nothing to say. */
export type Field = (entry: LogEntryInstance) => string | undefined;

/** The first of these variables that an entry has, as text; maps as JSON. */
export function variable(...names: readonly string[]): Field {
  return ({ variables }) => toText(firstOf(variables, names));
}

/** The same, with text in place of what is absent. */
export function withDefault(field: Field, otherwise: string): Field {
  return (entry) => field(entry) ?? otherwise;
}

/** The first of these variables as whole milliseconds: numbers are seconds, texts are durations such as `12.5ms`. */
export function milliseconds(...names: readonly string[]): Field {
  return ({ variables }) => {
    const span = toMilliseconds(firstOf(variables, names));
    return span === undefined ? undefined : String(Math.floor(span));
  };
}

/** The variable for how long a request took; a TCP connection's otherwise. */
export const durationNames = ["http.server.request.duration", "response.duration", "connection.duration"];

/** When a request began: its own time if that was logged, else its end less its duration. */
export const startTime: Field = ({ time, variables }) => {
  const named = variables["request.time"];
  const logged = typeof named === "string" ? parseTimestamp(named) : undefined;
  const { seconds, nanos } = logged ?? time;
  const before = logged === undefined ? (toMilliseconds(firstOf(variables, durationNames)) ?? 0) : 0;
  return isoTime(seconds * 1000 + nanos / 1e6 - before);
};

/** When the entry says that it happened. */
export const entryTime: Field = ({ time: { seconds, nanos } }) => isoTime(seconds * 1000 + nanos / 1e6);

/** `GET /a?b=c HTTP/1.1` has this in its middle: path and query, which are two variables. */
export const pathWithQuery: Field = ({ variables }) => {
  const whole = variables["request.path"];
  if (typeof whole === "string") return whole;
  const path = toText(firstOf(variables, ["url.path", "request.url_path"]));
  const query = variables["url.query"];
  return typeof query === "string" && query !== "" ? `${path ?? ""}?${query}` : path;
};

/** `HTTP/1.1`, `HTTP/2`. */
export const protocol: Field = ({ variables }) => {
  const version = firstOf(variables, ["network.protocol.version", "request.http_version"]);
  return version === undefined ? undefined : `HTTP/${version}`;
};

function firstOf(variables: LogEntryInstance["variables"], names: readonly string[]): PlainValue | undefined {
  const name = names.find((each) => variables[each] !== undefined);
  return name === undefined ? undefined : variables[name];
}

function toText(value: PlainValue | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** To the microsecond, so that 1.005 s is 1005 ms. */
function toMilliseconds(value: PlainValue | undefined): number | undefined {
  if (typeof value === "number") return Math.round(value * 1e6) / 1e3;
  const nanos = typeof value === "string" ? parseDuration(value) : undefined;
  return nanos === undefined ? undefined : Number(nanos) / 1e6;
}

/** Cut to milliseconds, after what is below a microsecond was rounded away. */
function isoTime(epochMs: number): string | undefined {
  const date = new Date(Math.floor(Math.round(epochMs * 1000) / 1000));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
