import type { MetricDeclaration } from "../../schemas/model/instance.ts";
import type { ReadTemplate } from "./check-instances.ts";
import { toValueType } from "./field-types.ts";
import type { SettingsReader } from "./instance-settings.ts";

/** Reads a measurement. */
export function readMetric(name: string, settings: SettingsReader): ReadTemplate {
  const value = settings.setting("value", "value", "1");
  const dimensions = settings.fields("dimensions", "label");
  const declaration: MetricDeclaration = {
    name,
    template: "metric",
    valueType: toValueType(value?.type ?? "DOUBLE"),
    labelNames: settings.names("dimensions"),
  };
  return { declaration, checked: value && { template: "metric", declaration, value, dimensions } };
}
