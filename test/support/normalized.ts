import { createAccessLogNormalizer } from "../../collector/normalize/access-log.ts";
import { type ConnectionTable, createConnectionTable } from "../../collector/normalize/connection-table.ts";
import { createEnrichTables, type EnrichConfig } from "../../collector/normalize/enrich.ts";
import { createRouteTemplates, type RoutesConfig } from "../../collector/normalize/route-templates.ts";
import type { Attribute } from "../../schemas/attributes/attribute.ts";
import { createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { AccessLogEntry, StreamOrigin } from "../../schemas/model/access-log.ts";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";

/** What a record came to: the attributes that are there, and whether it is final. */
export interface Normalized {
  readonly final: boolean;
  readonly attributes: Readonly<Record<string, Value>>;
}

/** How to normalize: everything has a default. */
export interface NormalizedOptions {
  readonly enrich?: Partial<EnrichConfig>;
  readonly routes?: Partial<RoutesConfig>;
  readonly connections?: ConnectionTable;
  /** Attributes beside the built-in ones. */
  readonly declared?: readonly Attribute[];
  /** Names to work out; all of the vocabulary if absent. */
  readonly only?: readonly string[];
}

/** Makes a function from entries of one stream to records, attributes by name. */
export function normalizing(
  origin: StreamOrigin,
  options: NormalizedOptions = {},
): (entry: AccessLogEntry) => Normalized {
  const vocabulary = createVocabulary(options.declared);
  const { attributes } = vocabulary;
  const slots = attributes.flatMap(({ name }, slot) => ((options.only?.includes(name) ?? true) ? [slot] : []));
  const normalize = createAccessLogNormalizer({
    projection: createProjection(slots),
    vocabulary,
    enrich: createEnrichTables({ addresses: {}, principals: {}, ...options.enrich }),
    routes: createRouteTemplates({ templates: [], learn: true, maxTemplates: 1000, ...options.routes }),
    connections: options.connections ?? createConnectionTable({ now: () => 0 }),
  }).forOrigin(origin);
  const record = new AttributeRecord(attributes.length);
  return (entry) => {
    record.reset();
    normalize(entry, record);
    const present = attributes.flatMap(({ name }, slot): [string, Value][] => {
      const value = record.values[slot];
      return value === undefined ? [] : [[name, value]];
    });
    return { final: record.final, attributes: Object.fromEntries(present) };
  };
}

/** Normalizes one entry of a stream. */
export function normalized(entry: AccessLogEntry, origin: StreamOrigin, options?: NormalizedOptions): Normalized {
  return normalizing(origin, options)(entry);
}
