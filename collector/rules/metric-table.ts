import type { MetricBatch } from "../../schemas/model/metric.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import { slotsReadBy } from "./instance-maker.ts";
import { createRuleIndex, type IndexedRule } from "./rule-index.ts";
import type { Outbox, RuleHits, RuleSource } from "./rule-table.ts";

/** What the metric table is built from: rules that send metrics of others, and nothing else. */
export interface MetricTableOptions {
  readonly rules: readonly RuleSource[];
  readonly outboxes: ReadonlyMap<string, Outbox>;
}

/** Compiled rules for the metrics of others: which of them go where. Built whole, never changed. */
export interface MetricTable {
  /** Whether any rule takes metrics. */
  readonly takes: boolean;
  /** Selects the metric of a record, which has this number in its batch; true if any rule applied. */
  report(record: AttributeRecord, place: number): boolean;
  /** Sends the metrics that rules selected of a batch that was reported. */
  relay(batch: Pick<MetricBatch, "cut">): void;
  /** The slots that rules read. */
  readonly slots: readonly number[];
  hits(): readonly RuleHits[];
}

/** The way of selected metrics to one handler: they gather while a batch goes through the rules, and leave together. */
interface Way {
  readonly instance: string;
  readonly outbox: Outbox;
  places: number[];
}

interface CompiledRule extends IndexedRule {
  readonly name: string;
  readonly ways: readonly Way[];
  hits: number;
}

/** Builds the table. */
export function createMetricTable({ rules: sources, outboxes }: MetricTableOptions): MetricTable {
  const ways = new Map<string, Way>();
  const wayOf = (handler: string, instance: string): Way => {
    const outbox = outboxes.get(handler);
    if (outbox === undefined) throw new Error(`handler ${handler} is not open`);
    const key = JSON.stringify([handler, instance]);
    const way = ways.get(key) ?? { instance, outbox, places: [] };
    ways.set(key, way);
    return way;
  };
  const rules: readonly CompiledRule[] = sources.map(({ name, match, actions }) => ({
    ...{ name, match, hits: 0 },
    ways: actions.flatMap(({ handler, instances }) => instances.map((instance) => wayOf(handler, instance))),
  }));
  const index = createRuleIndex(rules);

  return {
    takes: rules.length > 0,
    report: ({ values }, place) =>
      index.each(values, (rule) => {
        rule.hits++;
        for (const way of rule.ways) select(way, place);
      }),
    relay(batch) {
      for (const way of ways.values()) send(way, batch);
    },
    slots: slotsReadBy(sources.map(({ match }) => match)),
    hits: () => rules.map(({ name, hits }) => ({ rule: name, hits })),
  };
}

/** Once, however many rules say so. */
function select({ places, outbox }: Way, place: number): void {
  if (places.at(-1) === place) return;
  places.push(place);
  outbox.record();
}

function send(way: Way, batch: Pick<MetricBatch, "cut">): void {
  if (way.places.length === 0) return;
  const { places, outbox, instance } = way;
  way.places = [];
  for (const { bytes, points } of batch.cut(places)) outbox.offer({ template: "metrics", instance, bytes, points });
}
