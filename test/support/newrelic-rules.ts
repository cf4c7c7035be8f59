type Json = Readonly<Record<string, unknown>>;

/** What a fake of New Relic holds: entries with the common block put in, and why others were dropped. */
export interface Entries {
  readonly metrics: Json[];
  readonly logs: Json[];
  readonly spans: Json[];
  readonly events: Json[];
  /** What the real one tells as NrIntegrationError, after its 202. */
  readonly integrationErrors: string[];
}

type Api = Exclude<keyof Entries, "integrationErrors">;

/** Reads a body: throws where the whole is malformed, drops single entries against a rule. */
export function checkEntries(api: Api, document: unknown, nowMs: number): { entries: Json[]; dropped: string[] } {
  const all =
    api === "events" ? anArray(document).map(anObject) : anArray(document).flatMap((block) => joined(block, api));
  const faults = all.map((entry) => [entry, rules[api](entry, nowMs)] as const);
  return {
    entries: faults.flatMap(([entry, fault]) => (fault === undefined ? [entry] : [])),
    dropped: faults.flatMap(([, fault]) => (fault === undefined ? [] : [`${api}: ${fault}`])),
  };
}

/** The entries of a block, with what is common put into each. */
function joined(block: unknown, api: Api): Json[] {
  const { common = {}, [api]: entries = [], ...rest } = anObject(block);
  if (Object.keys(rest).length > 0) throw new Error(`unknown keys ${Object.keys(rest).join()}`);
  const { attributes: shared = {}, ...defaults } = anObject(common);
  return anArray(entries).map((entry) => {
    const { attributes = {}, ...own } = anObject(entry);
    return { ...defaults, ...own, attributes: { ...anObject(shared), ...anObject(attributes) } };
  });
}

const hour = 3_600_000;
const reserved = [
  ...["interval.ms", "timestamp", "value", "common", "min", "max", "count", "sum", "metrics", "metricName"],
  ...["endTimestamp", "newrelic.source", "entity.guid", "entity.name", "entity.type"],
];

/** What is wrong with an entry, by API. */
const rules: Readonly<Record<Api, (entry: Json, nowMs: number) => string | undefined>> = {
  metrics({ name, type = "gauge", value, timestamp, attributes, "interval.ms": interval, ...rest }, nowMs) {
    const names = Object.keys(attributes as Json);
    return first(
      [Object.keys(rest).length > 0, "unknown keys"],
      [!isText(name, 1, 254), "name"],
      [!["gauge", "count", "summary"].includes(String(type)), "type"],
      [type === "summary" ? !isSummary(value) : typeof value !== "number", "value"],
      [type !== "gauge" && !(Number.isInteger(interval) && Number(interval) > 0), "interval.ms"],
      [!isRecent(timestamp, nowMs), "timestamp"],
      [names.some((key) => reserved.includes(key) || key === name), "reserved"],
      [!areAttributes(attributes, 150, 4096), "attributes"],
    );
  },
  logs: ({ timestamp, message, attributes, ...rest }, nowMs) =>
    first(
      [Object.keys(rest).length > 0, "unknown keys"],
      [!isText(message, 1, Number.POSITIVE_INFINITY), "message"],
      [!isRecent(timestamp, nowMs), "timestamp"],
      [!areAttributes(attributes, 255, Number.POSITIVE_INFINITY), "attributes"],
    ),
  spans: ({ id, "trace.id": traceId, timestamp, attributes, ...rest }) =>
    first(
      [Object.keys(rest).length > 0, "unknown keys"],
      [!isText(id, 1, 255) || !isText(traceId, 1, 255), "id"],
      [!Number.isInteger(timestamp), "timestamp"],
      [["entityGuid", "guid"].some((key) => key in (attributes as Json)), "reserved"],
      [!areAttributes(attributes, 255, 4095), "attributes"],
    ),
  events: ({ eventType, timestamp, ...rest }, nowMs) =>
    first(
      [!/^[\w:]{1,255}$/.test(String(eventType)), "eventType"],
      [!isRecent(timestamp, nowMs), "timestamp"],
      [Object.values(rest).some((value) => typeof value === "boolean"), "a truth value"],
      [!areAttributes(rest, 253, 4095), "attributes"],
    ),
};

const first = (...checks: (readonly [boolean, string])[]) => checks.find(([wrong]) => wrong)?.[1];

const isText = (value: unknown, min: number, max: number) =>
  typeof value === "string" && value.length >= min && value.length <= max;

const isRecent = (timestamp: unknown, nowMs: number) =>
  Number.isInteger(timestamp) && Number(timestamp) >= nowMs - 48 * hour && Number(timestamp) <= nowMs + 24 * hour;

function isSummary(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const names = Object.keys(value).sort().join();
  return names === "count,max,min,sum" && Object.values(value).every((part) => typeof part === "number");
}

function areAttributes(attributes: unknown, count: number, length: number): boolean {
  const entries = Object.entries(attributes as Json);
  const isFit = ([name, value]: [string, unknown]) =>
    isText(name, 1, 255) && (typeof value === "number" || typeof value === "boolean" || isText(value, 0, length));
  return entries.length <= count && entries.every(isFit);
}

function anArray(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("expected an array");
  return value;
}

function anObject(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("expected an object");
  return value as Json;
}
