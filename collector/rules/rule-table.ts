import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { MetricInstance } from "../../schemas/model/instance.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { Expression } from "../expr/expression.ts";
import {
  createLabelSet,
  createMetricMaker,
  type LabelSet,
  type MetricMaker,
  type MetricSource,
  metricSlots,
} from "./metric-template.ts";
import { createRuleIndex, type IndexedRule } from "./rule-index.ts";
import { createTupleTable } from "./tuple-table.ts";

/** Where instances go: one for each handler. */
export interface Outbox {
  offer(instance: MetricInstance): void;
}

/** A rule as the table takes it. */
export interface RuleSource {
  readonly name: string;
  readonly match: Expression | undefined;
  readonly actions: readonly { readonly handler: string; readonly instances: readonly string[] }[];
}

/** What a rule table is built from. */
export interface RuleTableOptions {
  readonly rules: readonly RuleSource[];
  readonly instances: ReadonlyMap<string, MetricSource>;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  /** Label combinations kept at once by instances with the same dimensions. */
  readonly maxTuples: number;
  now(): number;
}

/** How often one rule applied since the table was built. */
export interface RuleHits {
  readonly rule: string;
  readonly hits: number;
}

/** Compiled rules: what of a record goes where. Built whole, never changed; a reload builds another. */
export interface RuleTable {
  /** Sends what the rules make of a record; true if any rule applied. */
  report(record: AttributeRecord): boolean;
  /** The slots that rules and instances read. */
  readonly slots: ReadonlySet<number>;
  hits(): readonly RuleHits[];
  /** Instances not made since their value was absent or an error, by instance. */
  skipped(): ReadonlyMap<string, number>;
}

const TUPLE_IDLE_MS = 600_000;
/** Characters of label texts, for each label combination allowed. */
const CHARACTERS_PER_TUPLE = 512;
const eventSlot = slotOf("context.event");

interface Action {
  readonly outbox: Outbox;
  readonly makers: readonly SharedMaker[];
}

interface CompiledRule extends IndexedRule {
  readonly name: string;
  readonly readsEvent: boolean;
  readonly actions: readonly Action[];
  hits: number;
}

/** Builds the table: instances with the same dimensions share their labels, rules are indexed by the equalities they need. */
export function createRuleTable(options: RuleTableOptions): RuleTable {
  const makers = createMakers(options);
  const rules = options.rules.map((rule) => compileRule(rule, makers, options.outboxes));
  const everyRecord = createRuleIndex(rules);
  const unfinished = createRuleIndex(rules.filter(({ readsEvent }) => readsEvent));
  let serial = 0;

  return {
    report(record) {
      serial++;
      const { values } = record;
      const index = record.final ? everyRecord : unfinished;
      return index.each(values, (rule) => {
        rule.hits++;
        for (const { outbox, makers } of rule.actions) {
          for (const maker of makers) {
            const instance = maker.of(values, serial);
            if (instance !== undefined) outbox.offer(instance);
          }
        }
      });
    },
    slots: slotsOf(options),
    hits: () => rules.map(({ name, hits }) => ({ rule: name, hits })),
    skipped: () => new Map([...makers].map(([name, { skipped }]) => [name, skipped])),
  };
}

/** Makes an instance once for each record, however many rules and handlers want it. */
interface SharedMaker {
  of(values: AttributeRecord["values"], serial: number): MetricInstance | undefined;
  readonly skipped: number;
}

function shared(maker: MetricMaker): SharedMaker {
  let done = -1;
  let instance: MetricInstance | undefined;
  return {
    of(values, serial) {
      if (serial !== done) {
        done = serial;
        instance = maker.make(values, serial);
      }
      return instance;
    },
    get skipped() {
      return maker.skipped;
    },
  };
}

function createMakers({ rules, instances, maxTuples, now }: RuleTableOptions): Map<string, SharedMaker> {
  const labelSets = new Map<string, LabelSet>();
  const makers = new Map<string, SharedMaker>();
  const used = new Set(rules.flatMap(({ actions }) => actions.flatMap((action) => action.instances)));
  for (const name of used) {
    const source = instances.get(name);
    if (source === undefined) throw new Error(`instance ${name} is not in the checked configuration`);
    const { dimensions } = source;
    const key = JSON.stringify(dimensions.map((dimension) => [dimension.name, dimension.expression.text]));
    const names = dimensions.map((dimension) => dimension.name);
    const labels =
      labelSets.get(key) ??
      createLabelSet(
        dimensions,
        createTupleTable({
          names,
          maxTuples,
          maxCharacters: maxTuples * CHARACTERS_PER_TUPLE,
          idleMs: TUPLE_IDLE_MS,
          now,
        }),
      );
    labelSets.set(key, labels);
    makers.set(name, shared(createMetricMaker(source, labels)));
  }
  return makers;
}

function compileRule(
  rule: RuleSource,
  makers: ReadonlyMap<string, SharedMaker>,
  outboxes: RuleTableOptions["outboxes"],
): CompiledRule {
  return {
    name: rule.name,
    match: rule.match,
    readsEvent: rule.match?.slots.includes(eventSlot) ?? false,
    actions: rule.actions.map(({ handler, instances }) => {
      const outbox = outboxes.get(handler);
      if (outbox === undefined) throw new Error(`handler ${handler} is not open`);
      return { outbox, makers: instances.map((name) => makers.get(name) as SharedMaker) };
    }),
    hits: 0,
  };
}

function slotsOf({ rules, instances }: RuleTableOptions): ReadonlySet<number> {
  const slots = new Set<number>(metricSlots);
  const add = (expression: Expression | undefined) => {
    for (const slot of expression?.slots ?? []) slots.add(slot);
  };
  for (const { match, actions } of rules) {
    add(match);
    for (const name of actions.flatMap((action) => action.instances)) {
      const source = instances.get(name);
      add(source?.value);
      for (const { expression } of source?.dimensions ?? []) add(expression);
    }
  }
  return slots;
}
