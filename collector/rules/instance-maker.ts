import type { Instance } from "../../schemas/model/instance.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import type { RedactedView } from "./redact/redacted-view.ts";

/** Shows a record as an instance may show it; `serial` tells records apart. */
export type See = (values: Slots, serial: number) => Slots;

/** Makes one instance of a record. */
export interface InstanceMaker {
  /** Undefined if there is none to be made. What goes into the instance is read from what `see` shows. */
  make(values: Slots, serial: number, see: See): Instance | undefined;
  /** Whether it is to see records without their credentials. */
  readonly redacts: boolean;
  /** The slots that it reads. */
  readonly slots: readonly number[];
  /** Instances not made because what they cannot be without was absent or an error. */
  readonly skipped: number;
}

/** Gives the instance of a record, made once however many rules and handlers want it. */
export interface SharedMaker {
  of(values: Slots, serial: number): Instance | undefined;
}

/** A name and the expression that fills it. */
export interface Field {
  readonly name: string;
  readonly expression: Expression;
}

/** Shares what a maker makes. One that shows no credentials sees the record through `view`. */
export function shared(maker: InstanceMaker, view: RedactedView): SharedMaker {
  const see: See = maker.redacts ? view.of : (values) => values;
  let done = -1;
  let instance: Instance | undefined;
  return {
    of(values, serial) {
      if (serial !== done) {
        done = serial;
        instance = maker.make(values, serial, see);
      }
      return instance;
    },
  };
}

/** The slots that expressions read. */
export function slotsReadBy(expressions: readonly (Expression | undefined)[]): number[] {
  return [...new Set(expressions.flatMap((expression) => expression?.slots ?? []))];
}
