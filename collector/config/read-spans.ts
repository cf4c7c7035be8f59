import type { SpansDeclaration } from "../../schemas/model/instance.ts";
import type { ReadTemplate } from "./check-instances.ts";
import type { SettingsReader } from "./instance-settings.ts";
import { readPerService, readTail } from "./read-tail.ts";

/** Reads how spans are relayed. */
export function readSpans(name: string, settings: SettingsReader): ReadTemplate {
  const declaration: SpansDeclaration = { name, template: "spans" };
  const set = settings.fields("set", "variable");
  const rename = new Map(settings.texts("rename").map(({ key, text }) => [key, text]));
  const edits = { set, rename, redact: settings.list("redact"), delete: settings.list("delete") };
  return { declaration, checked: { template: "spans", declaration, ...readSampling(settings), ...edits } };
}

function readSampling(settings: SettingsReader) {
  const sample = settings.optional("sample", "sample", "rate");
  const perService = readPerService(settings.below("sample"));
  const tail = readTail(settings);
  if (!settings.isAbsent("sample") && sample === undefined && perService === undefined && settings.sound)
    settings.refuse("sample", '"sample" does not say how much', "rate or perService");
  if (sample !== undefined && perService !== undefined)
    settings.refuse("sample", '"sample" has both rate and perService', "one of them");
  if (tail !== undefined && (sample !== undefined || perService !== undefined))
    settings.refuse(
      "sample",
      "whole traces are sampled by tail: its rules say at what rate",
      "sample or tail, not both",
    );
  return { sample, perService, tail };
}
