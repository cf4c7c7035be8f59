import type { LogEntryInstance } from "../../schemas/model/instance.ts";
import { type Attributes, type OnCut, toAttributes } from "./attributes.ts";
import { millisecondsOf } from "./time.ts";

/** Values of any length: what is beyond 4094 characters is kept apart there, not lost. */
const logLimits = { count: 255, value: Number.POSITIVE_INFINITY };

/** A log entry in the form of the Log API. */
export interface Log {
  readonly timestamp: number;
  readonly message: string;
  readonly attributes: Attributes;
}

/** The log that an entry becomes. Its message is the setting `message`, else the variable `message`, else the instance's name. */
export function toLog(entry: LogEntryInstance, onCut: OnCut): Log {
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
    attributes: toAttributes(fields, logLimits, onCut),
  };
}
