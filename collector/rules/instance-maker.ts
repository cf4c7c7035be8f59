import type { Instance } from "../../schemas/model/instance.ts";
import type { Expression, Slots } from "../expr/expression.ts";

/** Makes one instance of a record. */
export interface InstanceMaker {
  /** Undefined if there is none to be made. `serial` tells records apart. */
  make(values: Slots, serial: number): Instance | undefined;
  /** The slots that it reads. */
  readonly slots: readonly number[];
  /** Instances not made because what they cannot be without was absent or an error. */
  readonly skipped: number;
}

/** Makes an instance once for each record, however many rules and handlers want it. */
export interface SharedMaker {
  of(values: Slots, serial: number): Instance | undefined;
  readonly slots: readonly number[];
  readonly skipped: number;
}

/** A name and the expression that fills it. */
export interface Field {
  readonly name: string;
  readonly expression: Expression;
}

/** Shares what a maker makes. */
export function shared(maker: InstanceMaker): SharedMaker {
  let done = -1;
  let instance: Instance | undefined;
  return {
    of(values, serial) {
      if (serial !== done) {
        done = serial;
        instance = maker.make(values, serial);
      }
      return instance;
    },
    slots: maker.slots,
    get skipped() {
      return maker.skipped;
    },
  };
}

/** The slots that expressions read. */
export function slotsReadBy(expressions: readonly (Expression | undefined)[]): number[] {
  return [...new Set(expressions.flatMap((expression) => expression?.slots ?? []))];
}
