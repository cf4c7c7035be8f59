import { slotOf } from "../schemas/attributes/vocabulary.ts";
import { createProjection, type Projection } from "../schemas/model/record.ts";
import { createCalls } from "./call-records.ts";
import { countsRunning, createChecks, endSlots, type PolicyParts } from "./check-plan.ts";
import type { CheckedConfig, CheckedRule } from "./config/checked.ts";
import { createDecisionReport, joinCounts, splitRules } from "./decision-records.ts";
import type { IntakeState } from "./intake-state.ts";
import { createAccessLogNormalizer } from "./normalize/access-log.ts";
import { createEnrichTables } from "./normalize/enrich.ts";
import { createRecordJoin, joinSlots } from "./normalize/join-record.ts";
import { createJsonNormalizer } from "./normalize/json-record.ts";
import { createLogNormalizer } from "./normalize/log-record.ts";
import { createMetricNormalizer } from "./normalize/metric.ts";
import { createSpanNormalizer } from "./normalize/span.ts";
import type { Plan } from "./plan-model.ts";
import { createMetricTable } from "./rules/metric-table.ts";
import { createRuleTable, type Outbox, type RuleTable, rulesOfSpans } from "./rules/rule-table.ts";
import type { PlannedSampling } from "./rules/sampling/sampling.ts";
import { decisionStatsSlots, spanStatsSlots, statsSlots } from "./stats/stats.ts";

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
