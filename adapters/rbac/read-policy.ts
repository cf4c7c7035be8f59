import type { Policy, TargetRef } from "./policy.ts";
import { readRules } from "./read-rules.ts";
import { Reader } from "./reader.ts";

const actions = ["ALLOW", "DENY", "AUDIT", "CUSTOM"] as const;
const specFields = ["selector", "targetRef", "targetRefs", "action", "provider", "rules"];

/** Reads one AuthorizationPolicy resource; what has the wrong form is told in `problems`. */
export function readPolicy(document: unknown): { readonly policy: Policy; readonly problems: readonly string[] } {
  const reader = new Reader();
  const resource = reader.members(document, "the resource");
  const metadata = reader.members(resource.metadata, "metadata");
  const spec = reader.object(resource.spec, "spec", specFields);
  const policy: Policy = {
    name: reader.text(metadata.name, "metadata.name") ?? "",
    namespace: reader.text(metadata.namespace, "metadata.namespace") ?? "default",
    action: readAction(spec.action, reader),
    provider: reader.text(reader.object(spec.provider, "spec.provider", ["name"]).name, "spec.provider.name"),
    dryRun: reader.textMap(metadata.annotations, "metadata.annotations").get("istio.io/dry-run"),
    selector: readSelector(spec.selector, reader),
    targetRefs: readTargetRefs(spec, reader),
    rules: readRules(spec.rules, reader),
  };
  if (policy.name === "") reader.note("metadata.name", "is missing");
  return { policy, problems: reader.problems };
}

function readAction(value: unknown, reader: Reader): Policy["action"] {
  const text = reader.text(value, "spec.action") ?? "ALLOW";
  const action = actions.find((name) => name === text);
  if (action === undefined) reader.note("spec.action", `must be one of ${actions.join(", ")}, not ${text}`);
  return action ?? "DENY";
}

function readSelector(value: unknown, reader: Reader): Policy["selector"] {
  if (value === undefined || value === null) return undefined;
  const { matchLabels } = reader.object(value, "spec.selector", ["matchLabels"]);
  return reader.textMap(matchLabels, "spec.selector.matchLabels");
}

function readTargetRefs(spec: Readonly<Record<string, unknown>>, reader: Reader): readonly TargetRef[] {
  const several = reader.list(spec.targetRefs, "spec.targetRefs") ?? [];
  const single = spec.targetRef ?? undefined;
  const kinds = [spec.selector ?? undefined, single, several.length > 0 ? several : undefined];
  if (kinds.filter((kind) => kind !== undefined).length > 1)
    reader.note("spec", "may have only one of selector, targetRef and targetRefs");
  if (several.length > 0) return several.map((ref, index) => readTargetRef(ref, `spec.targetRefs[${index}]`, reader));
  return single === undefined ? [] : [readTargetRef(single, "spec.targetRef", reader)];
}

function readTargetRef(value: unknown, place: string, reader: Reader): TargetRef {
  const fields = reader.object(value, place, ["group", "kind", "name", "namespace"]);
  const text = (name: string) => reader.text(fields[name], `${place}.${name}`) ?? "";
  if (text("name") === "") reader.note(`${place}.name`, "is missing");
  if (text("namespace") !== "") reader.note(`${place}.namespace`, "must be left out: a target is in the policy's own");
  return { group: text("group"), kind: text("kind"), name: text("name") };
}
