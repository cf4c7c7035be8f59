import type { TraceSpanDeclaration } from "../../schemas/model/instance.ts";
import { parseSpanKind, parseSpanStatus, spanKinds, spanStatuses } from "../../schemas/model/span-words.ts";
import { accessLogFields } from "./access-log-fields.ts";
import type { ReadTemplate } from "./check-instances.ts";
import { fieldTypes } from "./field-types.ts";
import { traceSpanDefaults as defaults } from "./instance-defaults.ts";
import type { SettingsReader } from "./instance-settings.ts";

/** A span has its ids and duration itself. */
const { trace_id: _, span_id: __, "http.server.request.duration": ___, ...requestFields } = accessLogFields;
const attributeDefaults = { ...requestFields, "error.type": defaults.errorType };

/** Reads a span. */
export function readTraceSpan(name: string, settings: SettingsReader): ReadTemplate {
  const attributes = settings.fields(
    "attributes",
    "variable",
    settings.isAbsent("attributes") ? attributeDefaults : undefined,
  );
  const declaration: TraceSpanDeclaration = { name, template: "tracespan", attributes: fieldTypes(attributes) };
  const expressions = {
    name: settings.setting("name", "label", defaults.name),
    kind: settings.word("kind", { words: spanKinds, parse: parseSpanKind }, defaults.kind),
    status: settings.word("status", { words: spanStatuses, parse: parseSpanStatus }, defaults.status),
    service: settings.setting("service", "label", defaults.service),
    traceId: settings.setting("traceId", "text", defaults.traceId),
    parentSpanId: settings.setting("parentSpanId", "text", defaults.parentSpanId),
    startTime: settings.setting("startTime", "time", defaults.startTime),
    endTime: settings.setting("endTime", "time", defaults.endTime),
  };
  const spanId = settings.optional("spanId", "text");
  if (!isWhole(expressions)) return { declaration, checked: undefined };
  const redact = settings.isOn("redact");
  return { declaration, checked: { template: "tracespan", declaration, ...expressions, spanId, attributes, redact } };
}

function isWhole<T extends object>(parts: T): parts is { [K in keyof T]-?: NonNullable<T[K]> } & T {
  return Object.values(parts).every((part) => part !== undefined);
}
