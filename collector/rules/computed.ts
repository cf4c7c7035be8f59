import type { Instance, PlainValue } from "../../schemas/model/instance.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import { type SharedMaker, slotsReadBy } from "./instance-maker.ts";
import { createPlainFields } from "./plain-fields.ts";
import type { RedactedView } from "./redact/redacted-view.ts";

/** The values of one handler's own settings for each record. */
export interface Computed {
  of(values: Slots, serial: number): Readonly<Record<string, PlainValue>>;
}

/** Evaluates a handler's expressions, by setting, at most once for each record. They leave the hub, so they see no credentials. */
export function createComputed(settings: ReadonlyMap<string, Expression>, view: RedactedView): Computed {
  const evaluate = createPlainFields([...settings].map(([name, expression]) => ({ name, expression })));
  let done = -1;
  let computed: Readonly<Record<string, PlainValue>> = {};
  return {
    of(values, serial) {
      if (serial !== done) {
        done = serial;
        computed = evaluate(view.of(values, serial));
      }
      return computed;
    },
  };
}

/** The same maker for one handler only, whose instances carry the handler's values. */
export function withComputed(maker: SharedMaker, computed: Computed): SharedMaker {
  let last: Instance | undefined;
  let copy: Instance | undefined;
  return {
    of(values, serial) {
      const instance = maker.of(values, serial);
      if (instance === undefined) return undefined;
      if (instance !== last) {
        last = instance;
        copy = { ...instance, computed: computed.of(values, serial) };
      }
      return copy;
    },
  };
}

/** The slots that handlers' own expressions read. */
export function computedSlots(handlers: ReadonlyMap<string, ReadonlyMap<string, Expression>>): number[] {
  return slotsReadBy([...handlers.values()].flatMap((settings) => [...settings.values()]));
}
