import fc from "fast-check";
import { expect, it } from "vitest";
import { config } from "../../adapters/newrelic/config.ts";
import { newrelic } from "../../adapters/newrelic/index.ts";
import type { Sendable } from "../../adapters/newrelic/requests.ts";
import { fakeHost } from "../../adapters/testing/fake-host.ts";
import { aLogEntry, anEdge, aPoint, aSpan, aTime } from "../../adapters/testing/instances.ts";
import type { PlainValue, Timestamp } from "../../schemas/model/instance.ts";
import { startNewRelicFake } from "../support/newrelic-fake.ts";

const fake = await startNewRelicFake(() => aTime.seconds * 1000);

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer({ min: 4090, max: 4100 }).map((length) => "\u{1f600}".repeat(length / 2)),
);
const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.constant("n".repeat(254)),
  fc.constant("m".repeat(300)),
);
const value: fc.Arbitrary<PlainValue> = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.dictionary(name, text, { maxKeys: 8 }),
);
const fields = fc.dictionary(
  name.map((one) => `x.${one}`),
  value,
  { maxKeys: 10 },
);
const many = fc
  .integer({ min: 140, max: 300 })
  .map((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`y${i}`, i])));
const variables: fc.Arbitrary<Record<string, PlainValue>> = fc.oneof(
  { arbitrary: fields, weight: 9 },
  { arbitrary: many, weight: 1 },
);
const time: fc.Arbitrary<Timestamp> = fc.record({
  seconds: fc.integer({ min: aTime.seconds - 200_000, max: aTime.seconds + 100_000 }),
  nanos: fc.nat(999_999_999),
});
const number = fc.double();
const labels = fc.dictionary(
  name.map((one) => `x.${one}`),
  text,
  { maxKeys: 5 },
);

const instance: fc.Arbitrary<Sendable> = fc.oneof(
  fc.record({ variables, time, weight: fc.nat(3) }).map((parts) => aLogEntry("access", parts)),
  fc.record({ variables, time, traceId: fc.constantFrom("ab", undefined) }).map((parts) => aLogEntry("hits", parts)),
  fc.record({ time, source: fc.record({ name: text, owner: text }) }).map((parts) => anEdge("calls", parts)),
  fc.record({ attributes: variables, startTime: time, name: text }).map((parts) => aSpan("spans", parts)),
  fc
    .record({ labels, value: number, gauge: fc.boolean() })
    .map(({ labels, value, gauge }) =>
      aPoint("requests", { labels, data: { kind: gauge ? "gauge" : "counter", value } }),
    ),
  fc
    .record({ sum: number, min: number })
    .map(({ sum, min }) =>
      aPoint("wait", { data: { kind: "histogram", count: 1, sum, min, max: sum, bounds: [], buckets: [1] } }),
    ),
);

it("whatever comes, New Relic keeps all that is sent to it, and the rest is said to be rejected", async () => {
  const settings = {
    licenseKey: "key-of-tests",
    ...fake.urls,
    events: { hits: "Hit" },
    attributes: { mesh: "east", canary: true },
  };
  const outlet = await newrelic.open(config.parse(settings), fakeHost([], { fetch }));
  if ("record" in outlet) throw new Error("opened as an aggregator");
  await fc.assert(
    fc.asyncProperty(fc.array(instance, { minLength: 1, maxLength: 10 }), async (batch) => {
      fake.reset();
      const delivery = await outlet.deliver(batch as never, new AbortController().signal);
      const rejected = { delivered: 0, rejected: batch.length, partial: 0, retry: -1, too_large: -1 }[delivery.status];
      const refused = delivery.status === "partial" ? delivery.rejected.length : rejected;
      const kept = [fake.metrics, fake.logs, fake.spans, fake.events].reduce((sum, { length }) => sum + length, 0);
      expect(fake.integrationErrors).toEqual([]);
      expect(fake.requests.filter(({ status }) => status >= 300)).toEqual([]);
      expect(kept + refused).toBe(batch.length);
    }),
  );
});
