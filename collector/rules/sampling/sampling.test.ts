import { expect, it } from "vitest";
import { manualClock } from "../../../test/support/manual-clock.ts";
import { createSampling, type PlannedSampling } from "./sampling.ts";
import type { TailStore } from "./tail-store.ts";
import { WaitingTrace } from "./waiting-trace.ts";

const tail = {
  ...{ quietMs: 1000, quietAfterRootMs: undefined, longestMs: 5000, maxBytes: 1e6, remember: 10 },
  keep: [
    { name: "late", when: undefined, minDurationMs: undefined, minSpans: 9, rate: 1, perService: undefined },
    {
      name: "all",
      when: undefined,
      minDurationMs: undefined,
      minSpans: undefined,
      rate: 0.999_999,
      perService: undefined,
    },
  ],
};
const noBytes = new Uint8Array(0);
const other = `${"1".repeat(18)}${"f".repeat(14)}`;
const id = `${"0".repeat(18)}${"f".repeat(14)}`;

/** A hub's sampling, and the names of those to whom it sent. */
function start() {
  const clock = manualClock();
  const sent: string[] = [];
  const sampling = createSampling((_, scopes) => scopes.map(({ spans }) => ({ bytes: noBytes, spans: spans.length })));
  const open = (plan: PlannedSampling, lane: string, settings: string, instance = "kept") =>
    plan.openStore({
      handler: "traces",
      instance,
      settings,
      tail,
      offer: ({ spans }) => sent.push(`${lane} ${spans}`),
    });
  return { clock, sent, sampling, open, plan: () => sampling.plan(clock) };
}

function come(store: TailStore, of = id): void {
  const trace = store.find(of);
  const span = { startMs: undefined, endMs: undefined, isRoot: true, service: "", weight: 1, randomness: undefined };
  if (trace instanceof WaitingTrace) store.note(trace, span, 0);
  store.take(trace, { resource: noBytes, scope: noBytes }, new Uint8Array(9));
  store.flush();
}

it("goes on waiting over a reload that changes nothing of it, and sends to whoever is there then", async () => {
  const { clock, sent, sampling, open, plan } = start();
  const first = plan();
  come(open(first, "old lane", "a"));
  first.takeOver();
  const second = plan();
  const store = open(second, "new lane", "a");
  expect(store.traces).toBe(1);
  second.takeOver();
  come(store);
  await clock.advance(1100);
  expect(sent).toEqual(["new lane 2"]);
  expect(sampling.ways()).toMatchObject([{ handler: "traces", instance: "kept", store: { traces: 0 } }]);
});

it("decides what waits for settings that are gone, by them, which late spans follow, and counts on", () => {
  const { sent, sampling, open, plan } = start();
  const first = plan();
  const store = open(first, "lane", "a");
  first.takeOver();
  come(store);
  const second = plan();
  const next = open(second, "lane", "b");
  expect([next.traces, sent]).toEqual([0, []]);
  second.takeOver();
  come(next);
  come(next, other);
  expect([store.traces, next.traces, sent]).toEqual([0, 1, ["lane 1", "lane 1"]]);
  sampling.close();
  const [way] = sampling.ways();
  expect(way?.counts.decisions.map(({ cause }) => cause)).toEqual(["reload", "closed"]);
  expect([way?.counts.kept, way?.counts.lateKept]).toEqual([new Map([["all", 3]]), 1]);
});

it("changes nothing for a plan that does not take over", async () => {
  const { clock, sent, open, plan } = start();
  const first = plan();
  const store = open(first, "lane", "a");
  first.takeOver();
  come(store);
  open(plan(), "never", "a");
  open(plan(), "never", "b");
  await clock.advance(1100);
  expect(sent).toEqual(["lane 1"]);
});
