import { randomInt, randomUUID } from "node:crypto";
import type { OpenChecker } from "../adapters/checker.ts";
import type { LimitStore, OpenLimiter } from "../adapters/limiter.ts";
import { slotOf } from "../schemas/attributes/vocabulary.ts";
import { createProjection, type Projection } from "../schemas/model/record.ts";
import { createCalls } from "./call-records.ts";
import { compilePolicy } from "./check/compile-policy.ts";
import { createDecisionCache } from "./check/decision-cache.ts";
import { createRecentDecisions, type RecentDecisions } from "./check/decisions/recent-decisions.ts";
import { keptSlots } from "./check/decisions/to-decision.ts";
import type { ConcurrencyStore } from "./check/limits/concurrency.ts";
import { limitSlots, slotsOfPolicy } from "./check/policy-slots.ts";
import { createRateLimits } from "./check/rate-limit/rate-limits.ts";
import { type Asked, isAbout } from "./check/rule-scope.ts";
import type { CheckedConfig, CheckedPolicyRule, CheckedRule } from "./config/checked.ts";
import { createDecisionReport, joinCounts, splitRules } from "./decision-records.ts";
import { createSpanWrapper } from "./decode/otlp/wrap-spans.ts";
import { createAccessLogNormalizer } from "./normalize/access-log.ts";
import { createCheckNormalizer } from "./normalize/check.ts";
import { type ConnectionTable, createConnectionTable } from "./normalize/connection-table.ts";
import { createDescriptorNormalizer } from "./normalize/descriptor-check.ts";
import { createEnrichTables } from "./normalize/enrich.ts";
import { createRecordJoin, joinSlots } from "./normalize/join-record.ts";
import { createJsonNormalizer } from "./normalize/json-record.ts";
import { createLogNormalizer } from "./normalize/log-record.ts";
import { createMetricNormalizer } from "./normalize/metric.ts";
import { createRouteTemplates, type RoutesConfig, type RouteTemplates } from "./normalize/route-templates.ts";
import { createSpanNormalizer } from "./normalize/span.ts";
import type { Checks, Plan } from "./pipeline.ts";
import { toLabelText } from "./rules/label-text.ts";
import { createMetricTable } from "./rules/metric-table.ts";
import { createRuleTable, type Outbox, type RuleTable, rulesOfSpans } from "./rules/rule-table.ts";
import { createSampling, type PlannedSampling, type Sampling } from "./rules/sampling/sampling.ts";
import { decisionStatsSlots, spanStatsSlots, statsSlots } from "./stats/stats.ts";

/** What outlives a plan: state that a reload carries over. */
export interface IntakeState {
  readonly connections: ConnectionTable;
  readonly decisions: RecentDecisions;
  readonly sampling: Sampling;
  /** The same templates for the same settings, so that what was learned stays. */
  routesFor(config: RoutesConfig): RouteTemplates;
  /** Paths that became {other} since their host has too many templates, over all settings there were. */
  routesOverflowed(): number;
  now(): number;
}

/** State for a hub's life. */
export function createIntakeState(now: () => number): IntakeState {
  let settings = "";
  let overflowedBefore = 0;
  let routes: RouteTemplates | undefined;
  return {
    connections: createConnectionTable({ now }),
    decisions: createRecentDecisions({
      ...{ maxDecisions: REMEMBERED_DECISIONS, keepMs: REMEMBER_MS, now },
      seeds: [randomInt(2 ** 31), randomInt(2 ** 31)],
    }),
    sampling: createSampling(createSpanWrapper()),
    routesFor(config) {
      const wanted = JSON.stringify(config);
      if (routes !== undefined && wanted === settings) return routes;
      overflowedBefore += routes?.overflowed ?? 0;
      settings = wanted;
      routes = createRouteTemplates(config);
      return routes;
    },
    routesOverflowed: () => overflowedBefore + (routes?.overflowed ?? 0),
    now,
  };
}

/** Decisions remembered until the records of their request come, at its end and a second or more after it; 8 MiB at the most. */
const REMEMBERED_DECISIONS = 96_000;
const REMEMBER_MS = 60_000;

/** A plan with its rules in view, for the hub's metrics. */
export interface CompiledPlan extends Plan {
  readonly rules: RuleTable;
  /** What rules did to records and decisions. */
  readonly counts: Pick<RuleTable, "hits" | "skipped">;
  readonly sampling: PlannedSampling;
}

/** What records tell of the decision on their request. */
const joined = (
  ["check.rule", "check.verdict", "check.revision", "check.shadow", "check.error_code", "check.error_message"] as const
).map(slotOf);

/** Label combinations that instances with the same dimensions may have at once: this many, or twice what a handler keeps. */
const MIN_TUPLES = 20_000;

/** Compiles a checked configuration: the projection follows from what rules, instances and adapters read. */
export function createPlan(
  checked: CheckedConfig,
  lanes: ReadonlyMap<string, Outbox>,
  state: IntakeState,
  policy: PolicyParts,
): CompiledPlan {
  const { config, vocabulary } = checked;
  const { ofDecisions, ofMetrics, ofRecords } = splitRules(checked);
  const sampling = state.sampling.plan(policy.clock);
  const tableOf = (chosen: readonly CheckedRule[]) =>
    createRuleTable({
      rules: chosen,
      instances: checked.instances,
      attributes: vocabulary.attributes,
      redact: config.redact,
      computed: new Map([...checked.handlers].map(([name, { computed }]) => [name, computed])),
      outboxes: lanes,
      sampling,
      maxTuples: Math.max(
        MIN_TUPLES,
        ...[...checked.handlers.values()].map(({ adapter, params }) => 2 * (adapter.tupleBudget?.(params) ?? 0)),
      ),
      now: state.now,
    });
  const rules = tableOf(ofRecords);
  const counted = config.stats === null ? [] : [...spanStatsSlots, ...countedDecisions(checked)];
  const calls = createCalls(checked, ofRecords, counted, tableOf);
  const decisions = ofDecisions.length === 0 ? undefined : tableOf(ofDecisions);
  const metrics = createMetricTable({ rules: ofMetrics, outboxes: lanes });
  const projection = createProjection([
    ...rules.slots,
    ...slotsReadBy(checked),
    ...(config.stats === null ? [] : [...statsSlots, ...countedDecisions(checked)]),
    ...(countsRunning(checked) ? endSlots : []),
  ]);
  const normalizer = createAccessLogNormalizer({
    projection,
    vocabulary,
    enrich: createEnrichTables(config.enrich),
    routes: state.routesFor(config.routes),
    connections: state.connections,
    findDecision: state.decisions.find,
  });
  const spans = spanProjection(checked, rules, [...counted, ...(calls?.layout.slots ?? [])]);
  const joins = joined.some((slot) => projection.has(slot) || spans.has(slot));
  const reported = joins ? createProjection([...projection.slots, ...joinSlots]) : projection;
  const reportOptions = {
    ...{ vocabulary, projection: reported, routes: state.routesFor(config.routes) },
    join: joins ? createRecordJoin(projection, state.decisions.find) : undefined,
  };
  const reports = createJsonNormalizer(reportOptions);
  const logs = createLogNormalizer(reportOptions);
  return {
    slots: vocabulary.attributes.length,
    projection,
    reported,
    normalize: {
      accessLog: (origin) => normalizer.forOrigin(origin),
      span: createSpanNormalizer({
        projection: spans,
        vocabulary,
        enrich: createEnrichTables(config.enrich),
        routes: state.routesFor(config.routes),
        findDecision: state.decisions.find,
      }),
      metric: createMetricNormalizer({
        projection: createProjection(metrics.slots),
        vocabulary,
        enrich: createEnrichTables(config.enrich),
      }),
      records: (origin) => (origin.kind === "report" ? reports.forOrigin(origin) : logs.forOrigin(origin)),
    },
    rules,
    sampling,
    metrics,
    calls,
    counts: joinCounts(
      rules,
      { ...metrics, skipped: () => new Map() },
      ...(decisions === undefined ? [] : [decisions]),
      ...(calls?.table === undefined ? [] : [calls.table]),
    ),
    checks: {
      ...createChecks(checked, policy, state, decisions?.slots),
      report: decisions && createDecisionReport(decisions, state.now),
      remember: joins ? state.decisions.note : undefined,
    },
  };
}

/** What policies of one hub share, over all configurations there were. */
export interface PolicyParts {
  /** Of the handlers of this configuration. */
  readonly checkers: ReadonlyMap<string, OpenChecker>;
  /** Handlers that answer rate limit requests, and the names of the stores they count in. */
  readonly limiters: ReadonlyMap<string, { readonly limiter: OpenLimiter; readonly store: string }>;
  readonly stores: ReadonlyMap<string, LimitStore>;
  readonly concurrency: ConcurrencyStore;
  readonly clock: { now(): number; after(ms: number, callback: () => void): () => void };
  onFault(handler: string, error: unknown): void;
}

/** Decisions kept to be given again. */
const CACHED_DECISIONS = 10_000;

/** Compiles the policy, which reads what it needs, and of what telemetry does only `alsoRead`. */
export function createChecks(
  checked: CheckedConfig,
  parts: PolicyParts,
  state: IntakeState,
  alsoRead: Iterable<number> = [],
): Checks {
  const { vocabulary, policy: rules, questions, shown, config } = checked;
  const { clock } = parts;
  const policyOn = (asked: Asked) =>
    compilePolicy({
      rules: rules.filter((rule) => isAbout(ruleSlots(rule, checked), asked)),
      ...{ vocabulary, revision: shown.revision },
      instances: new Map([...questions].map(([name, { parameters }]) => [name, parameters])),
      ...{ checkers: parts.checkers, stores: parts.stores, concurrency: parts.concurrency },
      cache: createDecisionCache(CACHED_DECISIONS, clock.now),
      toText: toLabelText,
      now: clock.now,
      after: clock.after,
      newId: randomUUID,
      onFault: parts.onFault,
    });
  const decides = createProjection(policySlots(checked));
  const told = createProjection([...keptSlots, ...alsoRead]);
  const projection = createProjection([...decides.slots, ...told.slots]);
  const routes = state.routesFor(config.routes);
  const reports = createJsonNormalizer({ vocabulary, projection, routes });
  const enrich = createEnrichTables(config.enrich);
  const proxied = createCheckNormalizer({ vocabulary, projection: decides, told, routes, enrich });
  const descriptors = createDescriptorNormalizer(projection);
  return {
    projection,
    policy: policyOn("request"),
    limitPolicy: policyOn("descriptor"),
    ended: countsRunning(checked) ? createEnded(parts.concurrency) : undefined,
    rateLimits: createRateLimits({
      limiters: [...parts.limiters.values()].map(({ limiter, store }) => ({
        limiter,
        store: storeOf(parts.stores, store),
        storeName: store,
      })),
      overrides: storeOf(parts.stores, "memory"),
      after: clock.after,
    }),
    normalize: (check, record) => {
      if (check.kind === "report")
        return reports.forOrigin({ kind: "report" })({ index: 0, value: check.value }, record);
      if (check.kind === "limit") descriptors(check, record);
      else proxied.fill(check, record);
      return undefined;
    },
    normalizeTold(check, record) {
      if (check.kind === "ext_authz") proxied.fillTold(check, record);
    },
  };
}

function storeOf(stores: ReadonlyMap<string, LimitStore>, name: string): LimitStore {
  const store = stores.get(name);
  if (store === undefined) throw new Error(`the limit store ${name} is not open`);
  return store;
}

const requestId = slotOf("request.id");
const event = slotOf("context.event");

/** What tells that a request has ended. */
const endSlots = [requestId, event];

const countsRunning = ({ policy }: CheckedConfig): boolean =>
  policy.some(({ policy: rule }) => rule.kind === "limit" && rule.concurrent !== undefined);

/** Entries that are written while a request runs do not end it. */
function createEnded(concurrency: ConcurrencyStore): Checks["ended"] {
  return ({ values }) => {
    const id = values[requestId];
    if (typeof id === "string" && (values[event] ?? "end") === "end") concurrency.release(id);
  };
}

/** The slots that policy rules and those whom they ask may read. */
function policySlots(checked: CheckedConfig): number[] {
  return [...checked.policy.flatMap((rule) => ruleSlots(rule, checked)), ...limitSlots];
}

/** The slots that a policy rule reads, and the handler that it asks. */
function ruleSlots(rule: CheckedPolicyRule, { handlers, questions, vocabulary }: CheckedConfig): number[] {
  const { policy } = rule;
  if (policy.kind !== "check") return slotsOfPolicy(rule);
  const handler = handlers.get(policy.handler);
  const names = handler?.adapter.checks?.reads(handler.params) ?? [];
  const { parameters = [] } = questions.get(policy.instance ?? "") ?? {};
  return [
    ...slotsOfPolicy(rule),
    ...parameters.flatMap(({ expression }) => expression.slots),
    ...names.flatMap((name) => vocabulary.slot(name) ?? []),
  ];
}

/** What statistics read of decisions: nothing where there is no policy that makes any. */
const countedDecisions = ({ policy }: CheckedConfig): readonly number[] =>
  policy.length === 0 ? [] : decisionStatsSlots;

/** What is read of spans, which is far less than of all records where rules say which signal they take. */
function spanProjection(checked: CheckedConfig, rules: RuleTable, alsoRead: readonly number[]): Projection {
  const handlers = new Set(rulesOfSpans(checked.rules).flatMap(({ actions }) => actions.map(({ handler }) => handler)));
  return createProjection([...rules.spanSlots, ...alsoRead, ...slotsReadBy(checked, (name) => handlers.has(name))]);
}

/** What adapters read beside the instances they get, such as trace ids. */
function slotsReadBy({ handlers, vocabulary }: CheckedConfig, isMeant = (_handler: string) => true): number[] {
  const names = [...handlers].flatMap(([name, { adapter }]) => (isMeant(name) ? (adapter.reads ?? []) : []));
  return names.map((name) => vocabulary.slot(name)).filter((slot) => slot !== undefined);
}
