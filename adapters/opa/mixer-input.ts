import type { Value } from "../../schemas/model/value.ts";
import { toJsonValue } from "../shared/json-value.ts";

/** The input document of Mixer's adapter opa as JSON text: subject and action, empty texts left out. */
export function toMixerInput(authorization: Readonly<Record<string, Value | undefined>>): string {
  const input: Record<"subject" | "action", Record<string, unknown>> = { subject: {}, action: {} };
  for (const [name, value] of Object.entries(authorization)) {
    const [, side, property, field] = /^(subject|action)\.(?:properties\.(.*)|(.*))$/s.exec(name) ?? [];
    if (side === undefined || value === undefined || value === "") continue;
    const target = input[side as "subject" | "action"];
    if (property !== undefined)
      target.properties = { ...(target.properties as object), [property]: toJsonValue(value) };
    else if (field !== undefined) target[field] = field === "groups" ? [toJsonValue(value)] : toJsonValue(value);
  }
  return JSON.stringify(input);
}
