import type { LogEntryInstance } from "../../schemas/model/instance.ts";
import { formatTimestamp } from "../../schemas/model/time-text.ts";
import { type FlatObject, toFlatObject } from "../shared/flat-object.ts";
import type { Sendable } from "./content.ts";

/**
 * An instance as one flat JSON object. A log entry is its variables, and before them its instance, time and severity, its trace where it
 * has one, and its weight where that is not 1; a variable with such a name stands under `variables.<name>`.
 */
export function toJsonObject(instance: Sendable): FlatObject {
  return instance.template === "logentry" ? flatEntry(instance) : toFlatObject(instance);
}

function flatEntry({ instance, time, severity, traceId, spanId, weight, variables }: LogEntryInstance): FlatObject {
  const own: FlatObject = {
    instance,
    time: formatTimestamp(time),
    severity,
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
    ...(weight === 1 ? {} : { weight }),
  };
  const object: Record<string, FlatObject[string]> = { ...own };
  for (const name in variables) object[Object.hasOwn(own, name) ? `variables.${name}` : name] = variables[name]!;
  return object;
}
