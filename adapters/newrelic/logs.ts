import type { LogEntryInstance } from "../../schemas/model/instance.ts";
import type { Attributes, Fit } from "./attributes.ts";
import { millisecondsOf } from "./time.ts";

/** A log entry in the form of the Log API. */
export interface Log {
  readonly timestamp: number;
  readonly message: string;
  readonly attributes: Attributes;
}

/** The log that an entry becomes. Its message is the setting `message`, else the variable `message`, else the instance's name. */
export function toLog(entry: LogEntryInstance, fitted: Fit): Log {
  const { instance, time, severity, variables, weight, traceId, spanId, computed } = entry;
  const { message: own, ...rest } = variables;
  const message = computed?.message ?? own ?? instance;
  const fields = {
    logtype: instance,
    level: severity,
    ...(weight === 1 ? {} : { weight }),
    ...(traceId === undefined ? {} : { "trace.id": traceId }),
    ...(spanId === undefined ? {} : { "span.id": spanId }),
    ...(computed?.message === undefined ? rest : variables),
  };
  return {
    timestamp: millisecondsOf(time),
    message: (typeof message === "object" ? JSON.stringify(message) : String(message)) || instance,
    attributes: fitted(fields),
  };
}
