import { type AttributeName, createVocabulary } from "../../schemas/attributes/vocabulary.ts";
import type { Instance } from "../../schemas/model/instance.ts";
import { AttributeRecord } from "../../schemas/model/record.ts";
import type { Value } from "../../schemas/model/value.ts";
import { compile } from "../expr/compile.ts";
import type { Expression } from "../expr/expression.ts";
import type { InstanceSource } from "./instance-makers.ts";
import type { MetricSource } from "./metric-template.ts";
import type { RedactSettings } from "./redact/redactor.ts";
import { createRuleTable, type RuleSource, type RuleTable, type RuleTableOptions } from "./rule-table.ts";
import { createSampling } from "./sampling/sampling.ts";

const vocabulary = createVocabulary();

/** Compiles a text that is known to be good. */
export function expression(text: string): Expression {
  const compiled = compile(text, { vocabulary });
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join());
  return compiled.expression;
}

/** Names and the expressions that fill them. */
export function fields(texts: Readonly<Record<string, string>>) {
  return Object.entries(texts).map(([name, text]) => ({ name, expression: expression(text) }));
}

/** A metric instance. */
export const metric = (name: string, value: string, dimensions: Record<string, string> = {}): MetricSource => ({
  template: "metric",
  declaration: { name },
  value: expression(value),
  dimensions: fields(dimensions),
});

/** A rule with one action. */
export const rule = (name: string, match: string | undefined, instances: string[], handler = "h"): RuleSource => ({
  name,
  match: match === undefined ? undefined : expression(match),
  actions: [{ handler, instances }],
});

const builtInNames: RedactSettings = {
  headers: [],
  queryParams: [],
  keepHeaders: [],
  keepQueryParams: [],
  replacement: "***",
};

/** A table with the handlers `h` and `other`, what they were sent, and of how many records each. */
export function tableOf(
  rules: RuleSource[],
  instances: InstanceSource[],
  { maxTuples = 100, ...over }: Partial<RuleTableOptions> = {},
): { readonly table: RuleTable; readonly sent: Instance[]; readonly counted: { h: number; other: number } } {
  const sent: Instance[] = [];
  const counted = { h: 0, other: 0 };
  const outbox = (handler: keyof typeof counted) => ({
    record: () => void counted[handler]++,
    offer: (instance: Instance) => void sent.push(instance),
  });
  const table = createRuleTable({
    rules,
    instances: new Map(instances.map((source) => [source.declaration.name, source])),
    outboxes: new Map([
      ["h", outbox("h")],
      ["other", outbox("other")],
    ]),
    maxTuples,
    now: () => 1_767_366_245_125,
    attributes: vocabulary.attributes,
    redact: builtInNames,
    computed: new Map(),
    sampling: createSampling(() => []).plan({ now: () => 0, after: () => () => {} }),
    ...over,
  });
  return { table, sent, counted };
}

/** A record that has these attributes. */
export function aRecord(attributes: Partial<Record<AttributeName, Value>>, final = true): AttributeRecord {
  const record = new AttributeRecord(vocabulary.attributes.length);
  for (const [name, value] of Object.entries(attributes)) record.values[vocabulary.slot(name) ?? -1] = value;
  record.final = final;
  return record;
}
