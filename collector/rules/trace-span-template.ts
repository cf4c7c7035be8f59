import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { TraceSpanInstance } from "../../schemas/model/instance.ts";
import { parseSpanKind, parseSpanStatus } from "../../schemas/model/span-words.ts";
import { isTimestamp, type Timestamp } from "../../schemas/model/value.ts";
import type { Expression, Slots } from "../expr/expression.ts";
import { type Field, type InstanceMaker, slotsReadBy } from "./instance-maker.ts";
import { toLabelText } from "./label-text.ts";
import { createPlainFields } from "./plain-fields.ts";
import { deriveSpanId, parseSpanId, parseTraceId } from "./span-ids.ts";

/** What a span is made from; a structural subset of the checked configuration. */
export interface TraceSpanSource {
  readonly template: "tracespan";
  readonly declaration: { readonly name: string };
  readonly name: Expression;
  readonly kind: Expression;
  readonly status: Expression;
  readonly service: Expression;
  readonly traceId: Expression;
  readonly spanId: Expression | undefined;
  readonly parentSpanId: Expression;
  readonly startTime: Expression;
  readonly endTime: Expression;
  readonly attributes: readonly Field[];
  readonly redact: boolean;
}

const sampledSlot = slotOf("trace.sampled");
/** What tells one request's spans apart: the request, and the proxy that tells of it. */
const identitySlots = [slotOf("request.id"), slotOf("connection.id"), slotOf("context.reporter.uid")];

/**
 * A maker of spans. Where no trace is known, or it is known to be unsampled, there is none to be made; a span without
 * times is skipped.
 */
export function createTraceSpanMaker(source: TraceSpanSource): InstanceMaker {
  const { name, kind, status, service, traceId, spanId, parentSpanId, startTime, endTime, attributes } = source;
  const instance = source.declaration.name;
  const attributesOf = createPlainFields(attributes);
  let skipped = 0;
  return {
    redacts: source.redact,
    slots: [
      ...slotsReadBy([name, kind, status, service, traceId, spanId, parentSpanId, startTime, endTime]),
      ...slotsReadBy(attributes.map(({ expression }) => expression)),
      ...[sampledSlot, ...identitySlots],
    ],
    make(record, serial, see) {
      if (record[sampledSlot] === false) return undefined;
      const values = see(record, serial);
      const trace = parseTraceId(traceId.evaluate(values));
      if (trace === undefined) return undefined;
      const start = startTime.evaluate(values);
      const end = endTime.evaluate(values);
      if (!isTimestamp(start) || !isTimestamp(end)) {
        skipped++;
        return undefined;
      }
      const parent = parseSpanId(parentSpanId.evaluate(values));
      const spanKind = parseSpanKind(textOf(kind, values)) ?? "internal";
      const id = parseSpanId(spanId?.evaluate(values)) ?? newSpanId(instance, trace, parent, spanKind, start, values);
      const span: TraceSpanInstance = {
        template: "tracespan",
        instance,
        traceId: trace,
        spanId: id,
        parentSpanId: parent === id ? undefined : parent,
        name: textOf(name, values) || "request",
        kind: spanKind,
        startTime: start,
        endTime: isBefore(end, start) ? start : end,
        status: parseSpanStatus(textOf(status, values)) ?? "unset",
        service: textOf(service, values) || "unknown",
        attributes: attributesOf(values),
      };
      return span;
    },
    get skipped() {
      return skipped;
    },
  };
}

function newSpanId(
  instance: string,
  trace: string,
  parent: string | undefined,
  kind: TraceSpanInstance["kind"],
  { seconds, nanos }: Timestamp,
  values: Slots,
): string {
  return deriveSpanId([instance, trace, parent, kind, seconds, nanos, ...identitySlots.map((slot) => values[slot])]);
}

function textOf(expression: Expression, values: Slots): string {
  return toLabelText(expression.evaluate(values), expression.type);
}

function isBefore(a: Timestamp, b: Timestamp): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}
