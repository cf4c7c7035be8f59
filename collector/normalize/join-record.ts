import { type AttributeName, slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { Address } from "../../schemas/model/access-log.ts";
import type { DecidedRequest, FindDecision } from "../../schemas/model/decision.ts";
import type { AttributeRecord, Projection } from "../../schemas/model/record.ts";
import type { TextHasher } from "../../schemas/model/text-hasher.ts";
import { isTimestamp, toMillis, type Value } from "../../schemas/model/value.ts";
import { decisionValues } from "./decision-values.ts";
import { unanswered } from "./join-decision.ts";

const slots = {
  id: slotOf("request.id"),
  method: slotOf("request.method"),
  path: slotOf("request.url_path"),
  host: slotOf("request.host"),
  reporter: slotOf("context.reporter.kind"),
  localIp: slotOf("destination.ip"),
  localPort: slotOf("destination.port"),
  end: slotOf("response.time"),
  details: slotOf("response.code_details"),
};

/** What a record must hold, to be joined to the decision on its request. */
export const joinSlots: readonly number[] = Object.values(slots);

/** The request that a record tells of, by its attributes. */
class RecordedRequest implements DecidedRequest {
  readonly told = undefined;
  values: AttributeRecord["values"] = [];

  hashId(hash: TextHasher): boolean {
    const id = textOf(this.values[slots.id]);
    if (id !== undefined) hash.text(id);
    return id !== undefined;
  }

  hashToldId(): boolean {
    return false;
  }

  get method(): string | undefined {
    return textOf(this.values[slots.method]);
  }

  get path(): string | undefined {
    return textOf(this.values[slots.path]);
  }

  get host(): string | undefined {
    return textOf(this.values[slots.host]);
  }

  /** A client's destination is where it sent the request to. */
  get local(): Address | undefined {
    const { values } = this;
    if (values[slots.reporter] === "outbound") return undefined;
    const port = values[slots.localPort];
    return { ip: textOf(values[slots.localIp]), port: typeof port === "number" ? port : undefined };
  }

  get endMs(): number | undefined {
    const end = this.values[slots.end];
    return isTimestamp(end) ? toMillis(end) : undefined;
  }
}

const textOf = (value: Value | undefined): string | undefined => (typeof value === "string" ? value : undefined);

/** Fills in what `projection` reads of the decision on a record's request, over what the record says itself. */
export function createRecordJoin(projection: Projection, find: FindDecision): (record: AttributeRecord) => void {
  const request = new RecordedRequest();
  const filled = Object.entries(decisionValues)
    .map(([name, read]) => ({ slot: slotOf(name as AttributeName), read }))
    .filter(({ slot }) => projection.has(slot));
  return ({ values }) => {
    if (values[slots.details] === unanswered) return;
    request.values = values;
    const decision = find(request);
    if (decision !== undefined) for (const { slot, read } of filled) values[slot] = read(decision);
  };
}
