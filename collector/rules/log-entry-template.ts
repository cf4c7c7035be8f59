import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { LogEntryInstance, Severity } from "../../schemas/model/instance.ts";
import { parseSeverity } from "../../schemas/model/severity.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import { type Field, type InstanceMaker, slotsReadBy } from "./instance-maker.ts";
import { createPlainFields } from "./plain-fields.ts";
import { createRecordTime } from "./record-time.ts";
import { createSampler } from "./sampler.ts";
import { parseSpanId, parseTraceId } from "./span-ids.ts";

/** What a log entry is made from; a structural subset of the checked configuration. */
export interface LogEntrySource {
  readonly template: "logentry";
  readonly declaration: { readonly name: string };
  readonly severity: Expression;
  readonly timestamp: Expression;
  readonly variables: readonly Field[];
  readonly sample: Expression | undefined;
  readonly redact: boolean;
}

const weightSlot = slotOf("context.weight");
const traceIdSlot = slotOf("trace.id");
const spanIdSlot = slotOf("trace.span_id");

/** A maker of log entries. Those that sampling leaves out are not made, which is no fault. What gives no severity that is known is information. */
export function createLogEntryMaker(source: LogEntrySource, now: () => number): InstanceMaker {
  const { severity, timestamp, variables, sample } = source;
  const { name } = source.declaration;
  const timeOf = createRecordTime(timestamp, now);
  const variablesOf = createPlainFields(variables);
  const sampler = sample && createSampler(sample);
  return {
    redacts: source.redact,
    slots: [
      ...slotsReadBy([severity, timestamp, sample, ...variables.map(({ expression }) => expression)]),
      ...[weightSlot, traceIdSlot, spanIdSlot],
      ...(sampler?.slots ?? []),
    ],
    make(record, serial, see) {
      const stands = sampler?.of(record) ?? 1;
      if (stands === 0) return undefined;
      const values = see(record, serial);
      const entry: LogEntryInstance = {
        template: "logentry",
        instance: name,
        time: timeOf(values),
        severity: severityOf(severity, values),
        variables: variablesOf(values),
        weight: ((values[weightSlot] as number | undefined) ?? 1) * stands,
        traceId: parseTraceId(values[traceIdSlot]),
        spanId: parseSpanId(values[spanIdSlot]),
      };
      return entry;
    },
    skipped: 0,
  };
}

function severityOf(expression: Expression, values: Slots): Severity {
  const word = expression.evaluate(values);
  return (typeof word === "string" ? parseSeverity(word) : undefined) ?? "info";
}
