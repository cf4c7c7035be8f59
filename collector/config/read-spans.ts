import type { SpansDeclaration } from "../../schemas/model/instance.ts";
import type { ReadTemplate } from "./check-instances.ts";
import type { SettingsReader } from "./instance-settings.ts";

/** Reads how spans are relayed. */
export function readSpans(name: string, settings: SettingsReader): ReadTemplate {
  const declaration: SpansDeclaration = { name, template: "spans" };
  const set = settings.fields("set", "variable");
  const rename = new Map(settings.texts("rename").map(({ key, text }) => [key, text]));
  const sample = settings.optional("sample", "sample", "rate");
  const [redact, remove] = [settings.list("redact"), settings.list("delete")];
  return { declaration, checked: { template: "spans", declaration, sample, set, rename, redact, delete: remove } };
}
