import type { MetricsDeclaration } from "../../schemas/model/instance.ts";
import type { ReadTemplate } from "./check-instances.ts";

/** Reads how metrics of others are relayed: as they came. */
export function readMetrics(name: string): ReadTemplate {
  const declaration: MetricsDeclaration = { name, template: "metrics" };
  return { declaration, checked: { template: "metrics", declaration } };
}
