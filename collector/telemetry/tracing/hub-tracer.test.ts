import { expect, it } from "vitest";
import type { Instance, TraceSpanInstance } from "../../../schemas/model/instance.ts";
import type { CallerSpan } from "../../../schemas/model/traced-work.ts";
import { createHubTracer, type TracingSettings } from "./hub-tracer.ts";
import { traceDeliveries } from "./trace-deliveries.ts";

/** A tracer whose clocks stand still until moved, with what its lane was offered. */
async function open(settings: TracingSettings | null = { handler: "traces", sample: 1 }) {
  const spans: TraceSpanInstance[] = [];
  const clock = { epochMs: 1_700_000_000_000, steadyMs: 5 };
  const tracer = createHubTracer({ now: () => clock.epochMs, steady: () => clock.steadyMs });
  const lane = { offer: (span: Instance) => void spans.push(span as TraceSpanInstance) };
  const follow = async (next: TracingSettings | null) => (await tracer.prepare(next))(new Map([["traces", lane]]));
  await follow(settings);
  return { tracer, spans, clock, follow };
}

const caller: CallerSpan = {
  ...{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true },
};

it("is off until it is told otherwise, and again when told so", async () => {
  const { tracer, follow, spans } = await open(null);
  expect([tracer.isOn, tracer.carrier, tracer.start("a", "internal")]).toEqual([false, undefined, undefined]);
  await follow({ handler: "traces", sample: 1 });
  expect([tracer.isOn, tracer.carrier]).toEqual([true, "traces"]);
  const work = tracer.start("a", "internal");
  await follow(null);
  expect([tracer.isOn, tracer.start("a", "internal")]).toEqual([false, undefined]);
  work?.end();
  expect(spans.map(({ name }) => name)).toEqual(["a"]);
});

it("gives a span of what was done, and of its parts", async () => {
  const { tracer, spans, clock } = await open();
  const work = tracer.start("check", "server");
  clock.steadyMs += 2.5;
  const part = work?.start("ask", "client", { "mixdown.handler": "opa" });
  clock.steadyMs += 1;
  // The wall clock is set back: spans of one trace do not care.
  clock.epochMs -= 3_600_000;
  part?.end({ "mixdown.outcome": "error" }, "no_answer");
  work?.end({ "check.rule": "r", "check.allowed": true });
  const [ask, check] = spans as [TraceSpanInstance, TraceSpanInstance];
  expect(check).toEqual({
    template: "tracespan",
    instance: "tracing",
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    parentSpanId: undefined,
    name: "check",
    kind: "server",
    service: "mixdown",
    startTime: { seconds: 1_700_000_000, nanos: 0 },
    endTime: { seconds: 1_700_000_000, nanos: 3_500_000 },
    status: "unset",
    attributes: { "check.rule": "r", "check.allowed": true },
  });
  expect(ask).toMatchObject({
    ...{ traceId: check.traceId, parentSpanId: check.spanId, name: "ask", kind: "client", status: "error" },
    startTime: { seconds: 1_700_000_000, nanos: 2_500_000 },
    endTime: { seconds: 1_700_000_000, nanos: 3_500_000 },
    attributes: { "mixdown.handler": "opa", "mixdown.outcome": "error", "error.type": "no_answer" },
  });
});

it("does not tell of a part that never ends", async () => {
  const { tracer, spans } = await open();
  const work = tracer.start("check", "server");
  work?.start("ask", "client");
  work?.end();
  expect(spans.map(({ name }) => name)).toEqual(["check"]);
});

it("keeps the share of its own traces that it is told to", async () => {
  const { tracer } = await open({ handler: "traces", sample: 0.3 });
  const kept = Array.from({ length: 4000 }, () => tracer.start("a", "server")).filter((work) => work !== undefined);
  expect(kept.length).toBeGreaterThan(1000);
  expect(kept.length).toBeLessThan(1400);
});

it.each([
  [0, true, true],
  [1, false, false],
])("with sample %d follows a caller whose sampling is %s", async (sample, sampled, isKept) => {
  const { tracer, spans } = await open({ handler: "traces", sample });
  tracer.start("check", "server", { ...caller, sampled })?.end();
  expect(spans.map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual(
    isKept ? [[caller.traceId, caller.spanId]] : [],
  );
});

it("tells of attempts to deliver, but not of those of the handler that takes the spans", async () => {
  const { tracer, spans } = await open();
  const attempt = traceDeliveries(tracer);
  expect(attempt("traces", 7)).toBeUndefined();
  attempt("audit", 7)?.({ status: "delivered" });
  attempt("audit", 8)?.({ status: "retry", reason: "away" });
  expect(spans.map(({ name, kind, status, attributes }) => [name, kind, status, attributes])).toEqual([
    [
      ...["deliver audit", "client", "unset"],
      { "mixdown.handler": "audit", "mixdown.items": 7, "mixdown.outcome": "delivered" },
    ],
    [
      ...["deliver audit", "client", "error"],
      { "mixdown.handler": "audit", "mixdown.items": 8, "mixdown.outcome": "retry", "error.type": "retry" },
    ],
  ]);
});
