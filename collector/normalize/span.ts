import type { FindDecision } from "../../schemas/model/decision.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { RawSpan } from "../../schemas/model/span.ts";
import { createFillers, type FillerOptions, fill } from "./fillers.ts";
import type { RouteTemplates } from "./route-templates.ts";
import { spanReaders } from "./span/readers.ts";
import { SpanScene } from "./span/scene.ts";

/** What a normalizer of spans works with. */
export interface SpanNormalizerOptions extends FillerOptions {
  readonly routes: RouteTemplates;
  /** Finds the hub's own decision on a request; none is known if absent. */
  readonly findDecision?: FindDecision;
}

/** Fills a record from a span that is valid during the call. */
export type NormalizeSpan = (span: RawSpan, record: AttributeRecord) => void;

/** Brings spans into the vocabulary: every slot of the projection is written for every span, absent values too. A span tells of work that is done, so its record is final. */
export function createSpanNormalizer(options: SpanNormalizerOptions): NormalizeSpan {
  const fillers = createFillers(options, spanReaders);
  const scene = new SpanScene(options);
  return (span, record) => {
    scene.begin(span);
    record.final = true;
    fill(fillers, scene, record.values);
  };
}
