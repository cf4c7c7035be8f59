import type { Attribute } from "../../../schemas/attributes/attribute.ts";
import type { Value } from "../../../schemas/model/value.ts";
import type { Slots } from "../../expr/expression.ts";
import type { Redactor, RedactorOf } from "./redactor.ts";

/** A record without its credentials. */
export interface RedactedView {
  /** The slots that the view shows; others are absent. Valid until the next record; `serial` tells records apart. */
  readonly of: (values: Slots, serial: number) => Slots;
}

/**
 * A view of the slots that something reads, made at most once for each record. Whatever is evaluated over it cannot see a
 * credential, however its expression goes about it.
 */
export function createRedactedView(
  attributes: readonly Attribute[],
  slots: Iterable<number>,
  redactorOf: RedactorOf,
): RedactedView {
  const view = new Array<Value | undefined>(attributes.length).fill(undefined);
  const plain: number[] = [];
  const redacted: { readonly slot: number; readonly redact: Redactor }[] = [];
  for (const slot of new Set(slots)) {
    const attribute = attributes[slot];
    const redact = attribute && redactorOf(attribute);
    if (redact === undefined) plain.push(slot);
    else redacted.push({ slot, redact });
  }
  let done = -1;
  return {
    of: (values, serial) => {
      if (serial === done) return view;
      done = serial;
      for (const slot of plain) view[slot] = values[slot];
      for (const { slot, redact } of redacted) view[slot] = redact(values[slot]) as Value | undefined;
      return view;
    },
  };
}
