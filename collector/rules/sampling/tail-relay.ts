import { slotOf } from "../../../schemas/attributes/vocabulary.ts";
import { readOtState } from "../../../schemas/model/trace-state.ts";
import { isTimestamp, type Value } from "../../../schemas/model/value.ts";
import type { Slots } from "../../expr/expression.ts";
import { slotsReadBy } from "../instance-maker.ts";
import type { RelayEdits, SpanRelay } from "../span-relay.ts";
import { perServiceSlots, serviceIn, weightIn } from "./head-sampler.ts";
import { type KeepRule, matchedBy } from "./keep-rule.ts";
import type { TailStore } from "./tail-store.ts";
import { type SpanFacts, type TraceDecision, WaitingTrace } from "./waiting-trace.ts";

const traceSlot = slotOf("trace.id");
const stateSlot = slotOf("trace.state");
const parentSlot = slotOf("trace.parent_span_id");
const startSlot = slotOf("request.time");
const endSlot = slotOf("response.time");

/** The relay of an instance that samples whole traces: each span waits in the store, or goes the way of its trace. */
export function createTailRelay(keep: readonly KeepRule[], edits: RelayEdits, store: TailStore): SpanRelay {
  let places: number[] = [];
  let traces: (WaitingTrace | TraceDecision)[] = [];

  return {
    slots: [...slotsReadBy(keep.map(({ when }) => when)), ...edits.slots, ...slotsOf(keep)],
    select(place, values) {
      if (places.at(-1) === place) return false;
      const trace = store.find(values[traceSlot] as string);
      if (trace instanceof WaitingTrace) store.note(trace, factsOf(values), matchedBy(keep, trace, values));
      places.push(place);
      traces.push(trace);
      edits.note(place, values);
      return true;
    },
    send(batch) {
      if (places.length === 0) return;
      const [selected, found] = [places, traces];
      places = [];
      traces = [];
      batch.lift(selected, edits.needed, (index, around, bytes) => store.take(found[index]!, around, bytes));
      store.flush();
      edits.clear();
    },
  };
}

/** What is read of spans beside what expressions read. */
function slotsOf(keep: readonly KeepRule[]): readonly number[] {
  const timed = keep.some(({ minDurationMs }) => minDurationMs !== undefined);
  const limited = keep.some(({ perService }) => perService !== undefined);
  const always = [traceSlot, stateSlot, parentSlot];
  return [...always, ...(timed ? [startSlot, endSlot] : []), ...(limited ? perServiceSlots : [])];
}

function factsOf(values: Slots): SpanFacts {
  const state = values[stateSlot];
  return {
    startMs: millisOf(values[startSlot]),
    endMs: millisOf(values[endSlot]),
    isRoot: values[parentSlot] === undefined,
    service: serviceIn(values),
    weight: weightIn(values),
    randomness: typeof state === "string" ? readOtState(state).randomness : undefined,
  };
}

const millisOf = (time: Value | undefined): number | undefined =>
  isTimestamp(time) ? time.seconds * 1000 + time.nanos / 1e6 : undefined;
