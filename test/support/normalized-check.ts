import { createCheckNormalizer } from "../../collector/normalize/check.ts";
import { createEnrichTables, type EnrichConfig } from "../../collector/normalize/enrich.ts";
import { createRouteTemplates } from "../../collector/normalize/route-templates.ts";
import { createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { ProxiedCheck } from "../../schemas/model/check-request.ts";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";

/** The attributes that are there of a request that a proxy asks about, by name; all that could be are asked for. */
export function normalizedCheck(check: ProxiedCheck, enrich: Partial<EnrichConfig> = {}): Record<string, Value> {
  const { attributes } = createVocabulary();
  const normalizer = createCheckNormalizer({
    projection: createProjection(attributes.keys()),
    enrich: createEnrichTables({ addresses: {}, principals: {}, ...enrich }),
    routes: createRouteTemplates({ templates: [], learn: true, maxTemplates: 1000 }),
  });
  const record = new AttributeRecord(attributes.length);
  normalizer.fill(check, record);
  const present = attributes.flatMap(({ name }, slot): [string, Value][] => {
    const value = record.values[slot];
    return value === undefined ? [] : [[name, value instanceof Map ? new Map(value) : value]];
  });
  return Object.fromEntries(present);
}
