import { createSpanDecoder, type OtlpSpanBatch } from "../../collector/decode/otlp-spans.ts";
import { createEnrichTables, type EnrichConfig } from "../../collector/normalize/enrich.ts";
import { createRouteTemplates } from "../../collector/normalize/route-templates.ts";
import { createSpanNormalizer } from "../../collector/normalize/span.ts";
import { builtInAttributes } from "../../schemas/attributes/vocabulary.ts";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";

/** A record made of a span: the attributes that are there, by name. */
export type SpanAttributes = Readonly<Record<string, Value>>;

/** Reads an OTLP request to its end. */
export function batchOf(bytes: Uint8Array, nowMs = Date.parse("2026-11-25T00:00:00Z")): OtlpSpanBatch {
  return createSpanDecoder({ now: () => nowMs }).read(bytes, "otlp");
}

/** The records of all spans of an OTLP request. */
export function spanRecords(bytes: Uint8Array, enrich: Partial<EnrichConfig> = {}): SpanAttributes[] {
  const normalize = createSpanNormalizer({
    projection: createProjection(builtInAttributes.keys()),
    enrich: createEnrichTables({ addresses: {}, principals: {}, ...enrich }),
    routes: createRouteTemplates({ templates: [], learn: true, maxTemplates: 1000 }),
  });
  const batch = batchOf(bytes);
  const record = new AttributeRecord(builtInAttributes.length);
  const found: SpanAttributes[] = [];
  for (let span = batch.next(); span !== undefined; span = batch.next()) {
    normalize(span, record);
    const present = builtInAttributes.flatMap(({ name }, slot): [string, Value][] => {
      const value = record.values[slot];
      return value === undefined ? [] : [[name, value]];
    });
    found.push(Object.fromEntries(present));
  }
  return found;
}
