import { slotOf } from "../../schemas/attributes/vocabulary.ts";
import type { Instance } from "../../schemas/model/instance.ts";
import type { AttributeRecord } from "../../schemas/model/record.ts";
import type { SpanBatch, SpanPiece } from "../../schemas/model/span.ts";
import type { Expression } from "../expr/expression.ts";
import { computedSlots } from "./computed.ts";
import { createHandlerMakers, type HandlerMakersOptions, type MakerFor } from "./handler-makers.ts";
import { type SharedMaker, slotsReadBy } from "./instance-maker.ts";
import { createMakers, type InstanceSource, type MakerOptions } from "./instance-makers.ts";
import { createRuleIndex, type IndexedRule } from "./rule-index.ts";
import type { PlannedSampling } from "./sampling/sampling.ts";
import type { SpanRelay } from "./span-relay.ts";
import { createRelay } from "./span-relays.ts";

/** Where instances go: one for each handler. */
export interface Outbox {
  /** Another record of which this handler is sent something. */
  record(): void;
  offer(instance: Instance): void;
}

/** A rule as the table takes it. */
export interface RuleSource {
  readonly name: string;
  readonly match: Expression | undefined;
  readonly actions: readonly { readonly handler: string; readonly instances: readonly string[] }[];
}

/** What a rule table is built from. */
export interface RuleTableOptions extends MakerOptions, HandlerMakersOptions {
  readonly rules: readonly RuleSource[];
  readonly instances: ReadonlyMap<string, InstanceSource>;
  readonly outboxes: ReadonlyMap<string, Outbox>;
  readonly sampling: PlannedSampling;
}

/** How often one rule applied since the table was built. */
export interface RuleHits {
  readonly rule: string;
  readonly hits: number;
}

/** Compiled rules: what of a record goes where. Built whole, never changed; a reload builds another. */
export interface RuleTable {
  /** Sends what the rules make of a record; true if any rule applied. `place`: of a span, its number in the batch. */
  report(record: AttributeRecord, place?: number): boolean;
  /** Sends the spans that rules selected of a batch that was reported. */
  relay(batch: Pick<SpanBatch, "cut" | "lift">): void;
  /** The slots that rules and instances read. */
  readonly slots: ReadonlySet<number>;
  /** Those of them that are read of spans: rules whose match says that they take none read nothing. */
  readonly spanSlots: ReadonlySet<number>;
  hits(): readonly RuleHits[];
  /** Instances not made since their value was absent or an error, by instance. */
  skipped(): ReadonlyMap<string, number>;
}

/** Stands for the place of a record that is no span. */
const NO_SPAN = -1;
const signalSlot = slotOf("context.signal");
const eventSlot = slotOf("context.event");

/** A handler, and the last record of which it was sent something. */
interface Target {
  readonly outbox: Outbox;
  serial: number;
}

interface Action {
  readonly target: Target;
  readonly makers: readonly SharedMaker[];
  readonly relays: readonly SpanRelay[];
}

interface CompiledRule extends IndexedRule {
  readonly name: string;
  readonly readsEvent: boolean;
  readonly actions: readonly Action[];
  hits: number;
}

/** Builds the table: instances with the same dimensions share their labels, rules are indexed by the equalities they need. */
export function createRuleTable(options: RuleTableOptions): RuleTable {
  const used = new Set(options.rules.flatMap(({ actions }) => actions.flatMap(({ instances }) => instances)));
  const makers = createMakers(used, options.instances, options);
  const makerFor = createHandlerMakers(makers, options);
  const targets = new Map([...options.outboxes].map(([name, outbox]) => [name, { outbox, serial: -1 }]));
  const relays = createRelays(options);
  const rules = options.rules.map((rule) => compileRule(rule, makerFor, targets, relays));
  const everyRecord = createRuleIndex(rules);
  const unfinished = createRuleIndex(rules.filter(({ readsEvent }) => readsEvent));
  let serial = 0;

  return {
    report(record, place = NO_SPAN) {
      serial++;
      const { values } = record;
      const index = record.final ? everyRecord : unfinished;
      return index.each(values, (rule) => {
        rule.hits++;
        for (const { target, makers, relays: ways } of rule.actions) {
          for (const maker of makers) {
            const instance = maker.of(values, serial);
            if (instance === undefined) continue;
            countRecord(target, serial);
            target.outbox.offer(instance);
          }
          if (ways.length === 0 || place === NO_SPAN) continue;
          for (const way of ways) if (way.select(place, values)) countRecord(target, serial);
        }
      });
    },
    relay(batch) {
      for (const way of relays.values()) way.send(batch);
    },
    slots: slotsOf(options, [...makers.values(), ...relays.values()]),
    spanSlots: spanSlotsOf(options, makers, [...relays.values()]),
    hits: () => rules.map(({ name, hits }) => ({ rule: name, hits })),
    skipped: () => new Map([...makers].map(([name, { skipped }]) => [name, skipped])),
  };
}

function compileRule(
  rule: RuleSource,
  makerFor: MakerFor,
  targets: ReadonlyMap<string, Target>,
  relays: ReadonlyMap<string, SpanRelay>,
): CompiledRule {
  return {
    name: rule.name,
    match: rule.match,
    readsEvent: rule.match?.slots.includes(eventSlot) ?? false,
    actions: rule.actions.map(({ handler, instances }) => {
      const target = targets.get(handler);
      if (target === undefined) throw new Error(`handler ${handler} is not open`);
      const ways = instances.map((name) => relays.get(wayOf(handler, name)));
      return {
        target,
        makers: instances.filter((_, i) => ways[i] === undefined).map((name) => makerFor(handler, name)),
        relays: ways.filter((way) => way !== undefined),
      };
    }),
    hits: 0,
  };
}

/** Counts that a handler is sent something of a record, once for each record. */
function countRecord(target: Target, serial: number): void {
  if (target.serial !== serial) target.outbox.record();
  target.serial = serial;
}

const wayOf = (handler: string, instance: string): string => JSON.stringify([handler, instance]);

/** The ways of spans, by handler and instance. */
function createRelays({ rules, instances, outboxes, redact, sampling }: RuleTableOptions) {
  const relays = new Map<string, SpanRelay>();
  for (const { handler, instances: names } of rules.flatMap(({ actions }) => actions)) {
    for (const instance of names) {
      const source = instances.get(instance);
      const outbox = outboxes.get(handler);
      const way = wayOf(handler, instance);
      if (source?.template !== "spans" || outbox === undefined || relays.has(way)) continue;
      const offer = (piece: SpanPiece) => outbox.offer({ template: "spans", instance, ...piece });
      relays.set(way, createRelay({ handler, instance, source, sampling, offer, mask: redact.replacement }));
    }
  }
  return relays;
}

function slotsOf(
  { rules, computed }: RuleTableOptions,
  makers: Iterable<{ readonly slots: readonly number[] }>,
): ReadonlySet<number> {
  const matches = slotsReadBy(rules.map(({ match }) => match));
  return new Set([...matches, ...[...makers].flatMap(({ slots }) => slots), ...computedSlots(computed)]);
}

/** The rules that may take spans: not those whose match demands another signal. */
export function rulesOfSpans<Rule extends Pick<RuleSource, "match">>(rules: readonly Rule[]): Rule[] {
  const values: string[] = [];
  values[signalSlot] = "span";
  return rules.filter(
    ({ match }) => !match?.conditions?.some(({ slot, evaluate }) => slot === signalSlot && evaluate(values) !== true),
  );
}

function spanSlotsOf(
  options: RuleTableOptions,
  makers: ReadonlyMap<string, { readonly slots: readonly number[] }>,
  relays: readonly SpanRelay[],
): ReadonlySet<number> {
  const rules = rulesOfSpans(options.rules);
  const names = new Set(rules.flatMap(({ actions }) => actions.flatMap(({ instances }) => instances)));
  const used = [...makers].flatMap(([name, maker]) => (names.has(name) ? [maker] : []));
  return new Set([signalSlot, ...slotsOf({ ...options, rules }, [...used, ...relays])]);
}
