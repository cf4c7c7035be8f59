import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import { nearest } from "../../schemas/model/nearest.ts";
import type { ConfigProblem } from "../adapter.ts";
import { toLabelName } from "../shared/exposition.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import type { LokiConfig } from "./config.ts";

/** Most labels of a stream, by Loki's default. */
const maxLabels = 15;

/** What is wrong with settings in the light of the instances: labels that clash or are too many, variables that nobody has. */
export function validate(config: LokiConfig, instances: readonly InstanceDeclaration[]): readonly ConfigProblem[] {
  return [
    ...unknownVariables(config, instances, "labelsFrom"),
    ...unknownVariables(config, instances, "metadata"),
    ...labelProblems(config),
    ...tlsProblems(config.url, config.tls),
  ];
}

function unknownVariables(
  config: LokiConfig,
  instances: readonly InstanceDeclaration[],
  setting: "labelsFrom" | "metadata",
): readonly ConfigProblem[] {
  const declared = instances.flatMap((one) => (one.template === "logentry" ? Object.keys(one.variables) : []));
  const known = setting === "metadata" ? [...declared, "trace_id", "span_id"] : declared;
  return config[setting].flatMap((name, i) => {
    if (known.includes(name)) return [];
    const near = nearest(name, known);
    const hint = near === undefined ? "" : `. Did you mean "${near}"?`;
    return [{ path: [setting, i], message: `no log entry of this handler has a variable "${name}"${hint}` }];
  });
}

function labelProblems({ labels, labelsFrom }: LokiConfig): readonly ConfigProblem[] {
  const taken = new Map(["overflow", ...Object.keys(labels), "log", "level"].map((name) => [name, name]));
  const clashes = labelsFrom.flatMap((variable, i) => {
    const label = toLabelName(variable);
    const other = taken.get(label);
    taken.set(label, variable);
    if (other === undefined) return [];
    return [{ path: ["labelsFrom", i], message: `"${variable}" gives the label ${label}, as "${other}" does` }];
  });
  const count = new Set(["log", "level", ...Object.keys(labels)]).size + labelsFrom.length;
  if (count <= maxLabels) return clashes;
  return [...clashes, { path: ["labelsFrom"], message: `${count} labels; Loki takes ${maxLabels} of a stream` }];
}
