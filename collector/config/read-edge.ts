import type { EdgeDeclaration } from "../../schemas/model/instance.ts";
import type { ReadTemplate } from "./check-instances.ts";
import { edgeDefaults } from "./instance-defaults.ts";
import type { SettingsReader } from "./instance-settings.ts";

/** Reads an edge. */
export function readEdge(name: string, settings: SettingsReader): ReadTemplate {
  const source = settings.fields("source", "label", edgeDefaults.source);
  const destination = settings.fields("destination", "label", edgeDefaults.destination);
  const protocol = settings.setting("protocol", "label", edgeDefaults.protocol);
  const timestamp = settings.setting("timestamp", "time", edgeDefaults.timestamp);
  const redact = settings.isOn("redact");
  const declaration: EdgeDeclaration = { name, template: "edge" };
  const checked = protocol && timestamp && { source, destination, protocol, timestamp, redact };
  return { declaration, checked: checked && { template: "edge", declaration, ...checked } };
}
