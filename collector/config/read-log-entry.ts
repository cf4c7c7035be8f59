import type { LogEntryDeclaration } from "../../schemas/model/instance.ts";
import { parseSeverity, severities } from "../../schemas/model/severity.ts";
import { accessLogFields } from "./access-log-fields.ts";
import type { ReadTemplate } from "./check-instances.ts";
import { fieldTypes } from "./field-types.ts";
import { logEntryDefaults } from "./instance-defaults.ts";
import type { SettingsReader } from "./instance-settings.ts";

/** Reads a log entry. */
export function readLogEntry(name: string, settings: SettingsReader): ReadTemplate {
  const severity = settings.word("severity", { words: severities, parse: parseSeverity }, logEntryDefaults.severity);
  const timestamp = settings.setting("timestamp", "time", logEntryDefaults.timestamp);
  const variables = settings.fields(
    "variables",
    "variable",
    settings.isAbsent("variables") ? accessLogFields : undefined,
  );
  const sample = settings.optional("sample", "sample", "rate");
  const redact = settings.isOn("redact");
  const declaration: LogEntryDeclaration = { name, template: "logentry", variables: fieldTypes(variables) };
  const checked = severity && timestamp && { severity, timestamp, variables, sample, redact };
  return { declaration, checked: checked && { template: "logentry", declaration, ...checked } };
}
