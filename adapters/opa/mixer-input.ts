import { isTimestamp, type Value } from "../../schemas/model/value.ts";

/** The input document of Mixer's adapter opa as JSON text: subject and action, empty texts left out. */
export function toMixerInput(authorization: Readonly<Record<string, Value | undefined>>): string {
  const input: Record<"subject" | "action", Record<string, unknown>> = { subject: {}, action: {} };
  for (const [name, value] of Object.entries(authorization)) {
    const [, side, property, field] = /^(subject|action)\.(?:properties\.(.*)|(.*))$/s.exec(name) ?? [];
    if (side === undefined || value === undefined || value === "") continue;
    const target = input[side as "subject" | "action"];
    if (property !== undefined) target.properties = { ...(target.properties as object), [property]: toJson(value) };
    else if (field !== undefined) target[field] = field === "groups" ? [toJson(value)] : toJson(value);
  }
  return JSON.stringify(input);
}

function toJson(value: Value): unknown {
  if (typeof value === "bigint") return String(value);
  if (isTimestamp(value)) return new Date(value.seconds * 1000 + value.nanos / 1e6).toISOString();
  return value instanceof Map ? Object.fromEntries(value) : value;
}
