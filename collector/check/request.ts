import type { Json } from "../../schemas/model/access-log.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { TracedWork } from "../../schemas/model/traced-work.ts";
import type { LimitState } from "../../schemas/model/verdict.ts";
import { Dependencies } from "./tracker.ts";

/** A request that is being decided on. Its record is its own, and not used again before the verdict. */
export class PendingRequest {
  readonly record: AttributeRecord;
  readonly dependencies = new Dependencies();
  /** When the verdict must be there, in milliseconds of the policy's clock. */
  readonly deadlineMs: number;
  /** The request as the proxy sent it. */
  readonly raw: () => Json | undefined;
  readonly limits: LimitState[] = [];
  /** Gives back what limits took, should the request be refused in the end. */
  readonly refunds: (() => void)[] = [];

  /** The check as it is traced. */
  readonly work: TracedWork | undefined;

  constructor(record: AttributeRecord, deadlineMs: number, raw: () => Json | undefined, work?: TracedWork) {
    this.record = record;
    this.deadlineMs = deadlineMs;
    this.raw = raw;
    this.work = work;
  }
}
