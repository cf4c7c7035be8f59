import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { ConfigProblem } from "../adapter.ts";
import { entryProblems } from "../shared/series/metric-entries.ts";
import { parseAddress } from "./address.ts";
import type { StatsdConfig } from "./config.ts";

/** Everything that is wrong with the settings, given the instances that rules send; empty if nothing is. */
export function validate(settings: StatsdConfig, instances: readonly InstanceDeclaration[]): ConfigProblem[] {
  return [...addressProblems(settings), ...entryProblems(settings.metrics, instances), ...kindProblems(settings)];
}

function* addressProblems({ address, protocol }: StatsdConfig): Generator<ConfigProblem> {
  const path = ["address"];
  if (protocol === "unix") {
    if (!address.startsWith("/")) yield { path, message: `"${address}" is no absolute path of a socket` };
  } else if (parseAddress(address) === undefined) {
    yield { path, message: `"${address}" is no host:port, such as 127.0.0.1:8125 or [::1]:8125` };
  }
}

function* kindProblems({ metrics, format }: StatsdConfig): Generator<ConfigProblem> {
  for (const [name, { kind, unit }] of Object.entries(metrics)) {
    const path = ["metrics", name];
    if (kind === "distribution" && format !== "dogstatsd")
      yield { path: [...path, "kind"], message: `only DogStatsD knows distributions: use histogram or timing` };
    if (kind === "timing" && unit !== undefined && unit !== "milliseconds")
      yield {
        path: [...path, "unit"],
        message: "a timing is always in milliseconds: remove it, or use kind histogram",
      };
  }
}
