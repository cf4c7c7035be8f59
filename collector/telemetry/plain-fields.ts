import { errorText } from "../../schemas/model/error-text.ts";

/** Characters of JSON that the fields of one line may take. */
const MAX_FIELDS = 8000;
/** What the log itself writes. */
const reserved: readonly string[] = ["level", "time", "msg", "handler"];

/** Fields for a line of the log, from whatever an adapter handed over: plain data of bounded size. Never throws. */
export function plainFields(fields: unknown): Readonly<Record<string, unknown>> {
  if (typeof fields !== "object" || fields === null)
    return typeof fields === "string" ? {} : { value: toPlain(fields) };
  const plain = fields instanceof Error ? { err: toPlain(fields) } : toPlain(fields, eachOf);
  const size = JSON.stringify(plain)?.length ?? 0;
  if (size > MAX_FIELDS) return { cutFields: Object.keys(plain as object).slice(0, 20), characters: size };
  if (typeof plain !== "object" || plain === null || Array.isArray(plain)) return { value: plain };
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [reserved.includes(key) ? `${key}_` : key, value]),
  );
}

/** A value as JSON can hold it; `otherwise` stands in for one that it cannot. */
function toPlain(value: unknown, otherwise: (value: unknown) => unknown = unshown): unknown {
  try {
    const text = JSON.stringify(value, replace);
    return text === undefined ? String(value) : JSON.parse(text);
  } catch {
    return otherwise(value);
  }
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Error)) return value;
  return { type: value.name, message: errorText(value), stack: String(value.stack), ...codeOf(value) };
}

const codeOf = (error: Error): object => ("code" in error ? { code: String(error.code) } : {});

/** Member by member, so that one that cannot be shown does not hide the others. */
function eachOf(fields: unknown): unknown {
  try {
    return Object.fromEntries(Object.keys(fields as object).map((key) => [key, memberOf(fields as object, key)]));
  } catch {
    return unshown();
  }
}

function memberOf(fields: object, key: string): unknown {
  try {
    return toPlain((fields as Readonly<Record<string, unknown>>)[key]);
  } catch {
    return unshown();
  }
}

const unshown = (): string => "(cannot be shown)";
