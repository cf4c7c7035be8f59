import { fromBinary } from "@bufbuild/protobuf";
import { createSpanWrapper } from "../../collector/decode/otlp/wrap-spans.ts";
import { createSpanDecoder } from "../../collector/decode/otlp-spans.ts";
import { createEnrichTables } from "../../collector/normalize/enrich.ts";
import { createRouteTemplates } from "../../collector/normalize/route-templates.ts";
import { createSpanNormalizer } from "../../collector/normalize/span.ts";
import { rule, tableOf } from "../../collector/rules/rules.fixture.ts";
import { createSampling, type SampledWay } from "../../collector/rules/sampling/sampling.ts";
import type { SpansSource } from "../../collector/rules/span-relay.ts";
import { builtInAttributes } from "../../schemas/attributes/vocabulary.ts";
import { type Span, TracesDataSchema } from "../../schemas/gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { SpanPiece } from "../../schemas/model/span.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

/** The way of spans from their bytes to what a sampler sends on, in process, on a clock of its own. */
export interface SpanPath {
  readonly clock: ManualClock;
  readonly way: SampledWay;
  /** Takes the spans of an OTLP request, whose bytes may be used for others after it. */
  report(request: Uint8Array): void;
  /** Decides all that waits. */
  close(): void;
  /** What was sent on since it was last asked: pieces of requests, or their spans. */
  pieces(): readonly SpanPiece[];
  sent(): Span[];
}

const nothing: SpansSource = {
  ...{ template: "spans", declaration: { name: "kept", template: "spans" } },
  ...{ sample: undefined, perService: undefined, tail: undefined },
  ...{ set: [], rename: new Map(), redact: [], delete: [] },
};

/** Opens the way of spans sampled so. */
export function openSpanPath(sampled: Partial<SpansSource>): SpanPath {
  const clock = manualClock();
  const sampling = createSampling(createSpanWrapper());
  const plan = sampling.plan(clock);
  const { table, sent } = tableOf([rule("all", undefined, ["kept"])], [{ ...nothing, ...sampled }], { sampling: plan });
  plan.takeOver();
  const normalize = createSpanNormalizer({
    projection: createProjection(table.spanSlots),
    enrich: createEnrichTables({ addresses: {}, principals: {} }),
    routes: createRouteTemplates({ templates: [], learn: false, maxTemplates: 1 }),
  });
  const decoder = createSpanDecoder({ now: () => Date.parse("2199-12-31T00:00:00Z") });
  const record = new AttributeRecord(builtInAttributes.length);
  const pieces = () => sent.splice(0).filter((instance) => instance.template === "spans");
  return {
    clock,
    way: sampling.ways()[0]!,
    report(request) {
      const batch = decoder.read(request, "otlp");
      for (let span = batch.next(); span !== undefined; span = batch.next()) {
        normalize(span, record);
        table.report(record, batch.place);
      }
      table.relay(batch);
    },
    close: () => sampling.close(),
    pieces,
    sent: () =>
      pieces()
        .flatMap(({ bytes }) => fromBinary(TracesDataSchema, bytes).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  };
}
