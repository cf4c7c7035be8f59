import { createJsonNormalizer } from "../../collector/normalize/json-record.ts";
import { createLogNormalizer } from "../../collector/normalize/log-record.ts";
import { createRouteTemplates } from "../../collector/normalize/route-templates.ts";
import type { Attribute } from "../../schemas/attributes/attribute.ts";
import { createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Json } from "../../schemas/model/access-log.ts";
import type { LogOrigin, LogSender, RawRecord, RecordProblem } from "../../schemas/model/raw-record.ts";
import { AttributeRecord, createProjection } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";

/** What a record came to: the attributes that are there, whether it is final, and what was wrong with it. */
export interface NormalizedJson {
  readonly attributes: Readonly<Record<string, Value>>;
  readonly final: boolean;
  readonly error: string | undefined;
  /** Values left out, as errors. */
  readonly leftOut: readonly string[];
}

/** How to normalize: everything has a default. */
export interface NormalizedJsonOptions {
  /** Attributes beside the built-in ones. */
  readonly declared?: readonly Attribute[];
  /** Names to work out; all of the vocabulary if absent. */
  readonly only?: readonly string[] | undefined;
}

function setting({ declared, only }: NormalizedJsonOptions) {
  const vocabulary = createVocabulary(declared);
  const slots = vocabulary.attributes.flatMap(({ name }, slot) => ((only?.includes(name) ?? true) ? [slot] : []));
  const routes = createRouteTemplates({ templates: [], learn: true, maxTemplates: 1000 });
  return { vocabulary, projection: createProjection(slots), routes };
}

function running(
  { vocabulary }: ReturnType<typeof setting>,
  normalize: (raw: RawRecord, record: AttributeRecord, leftOut: RecordProblem[]) => RecordProblem | undefined,
) {
  const record = new AttributeRecord(vocabulary.attributes.length);
  return (raw: RawRecord): NormalizedJson => {
    record.reset();
    const leftOut: RecordProblem[] = [];
    const error = normalize(raw, record, leftOut)?.error;
    const present = vocabulary.attributes.flatMap(({ name }, slot): [string, Value][] => {
      const value = record.values[slot];
      return value === undefined ? [] : [[name, value]];
    });
    const attributes = Object.fromEntries(present);
    return { attributes, final: record.final, error, leftOut: leftOut.map((problem) => problem.error) };
  };
}

/** Normalizes the records of one report. */
export function normalizingReport(options: NormalizedJsonOptions = {}): (value: unknown) => NormalizedJson {
  const set = setting(options);
  const normalize = running(set, createJsonNormalizer(set).forOrigin({ kind: "report" }));
  return (value) => normalize({ index: 0, value: value as Json });
}

/** Normalizes the lines of one listener. */
export function normalizingLog(
  origin: Partial<LogOrigin> = {},
  options: NormalizedJsonOptions = {},
): (value: unknown, sender?: LogSender) => NormalizedJson {
  const set = setting(options);
  const whole: LogOrigin = { kind: "log", fields: undefined, reporter: "outbound", ...origin };
  const normalize = running(set, createLogNormalizer(set).forOrigin(whole));
  return (value, sender) => normalize({ index: 0, value: value as Json, ...(sender && { sender }) });
}
