import type { Json } from "../../schemas/model/access-log.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { TracedWork } from "../../schemas/model/traced-work.ts";
import type { Value } from "../../schemas/model/value.ts";
import type { LimitState } from "../../schemas/model/verdict.ts";
import type { Slots } from "../expr/expression.ts";
import { Dependencies } from "./tracker.ts";

/** A request that is being decided on. Its record is its own, and not used again before the verdict. */
export class PendingRequest {
  readonly record: AttributeRecord;
  /** When the verdict must be there, in milliseconds of the policy's clock. */
  readonly deadlineMs: number;
  /** The request as the proxy sent it. */
  readonly raw: () => Json | undefined;
  readonly limits: LimitState[] = [];
  /** Gives back what limits took, should the request be refused in the end. */
  readonly refunds: (() => void)[] = [];
  /** The values as they came, once a checker has filled some in. */
  #asked: Slots | undefined;
  /** Made on demand: what is known already asks for none. */
  #dependencies: Dependencies | undefined;

  /** The check as it is traced. */
  readonly work: TracedWork | undefined;

  constructor(record: AttributeRecord, deadlineMs: number, raw: () => Json | undefined, work?: TracedWork) {
    this.record = record;
    this.deadlineMs = deadlineMs;
    this.raw = raw;
    this.work = work;
  }

  /** What the verdict depends on, as far as is known by now. */
  get dependencies(): Dependencies {
    this.#dependencies ??= new Dependencies();
    return this.#dependencies;
  }

  /** The values of the request as it came. */
  get asked(): Slots {
    return this.#asked ?? this.record.values;
  }

  /** Whether checkers have filled something in. */
  get hasDerived(): boolean {
    return this.#asked !== undefined;
  }

  /** Fills in what a checker made of the request. */
  derive(slot: number, value: Value): void {
    this.#asked ??= this.record.values.slice();
    this.record.values[slot] = value;
    this.dependencies.derive(slot);
  }
}
