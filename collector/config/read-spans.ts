import type { SpansDeclaration } from "../../schemas/model/instance.ts";
import type { ReadTemplate } from "./check-instances.ts";
import type { SettingsReader } from "./instance-settings.ts";

/** Reads how spans are relayed. */
export function readSpans(name: string, settings: SettingsReader): ReadTemplate {
  const declaration: SpansDeclaration = { name, template: "spans" };
  const set = settings.fields("set", "variable");
  const rename = new Map(settings.texts("rename").map(({ key, text }) => [key, text]));
  const [redact, remove] = [settings.list("redact"), settings.list("delete")];
  return { declaration, checked: { template: "spans", declaration, set, rename, redact, delete: remove } };
}
