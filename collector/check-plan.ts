import { randomUUID } from "node:crypto";
import type { OpenChecker } from "../adapters/checker.ts";
import type { LimitStore, OpenLimiter } from "../adapters/limiter.ts";
import { slotOf } from "../schemas/attributes/vocabulary.ts";
import { createProjection } from "../schemas/model/record.ts";
import { compilePolicy } from "./check/compile-policy.ts";
import { createDecisionCache } from "./check/decision-cache.ts";
import { keptSlots } from "./check/decisions/to-decision.ts";
import type { ConcurrencyStore } from "./check/limits/concurrency.ts";
import { limitSlots, slotsOfPolicy } from "./check/policy-slots.ts";
import { createRateLimits } from "./check/rate-limit/rate-limits.ts";
import { type Asked, isAbout } from "./check/rule-scope.ts";
import type { CheckedConfig, CheckedPolicyRule } from "./config/checked.ts";
import type { IntakeState } from "./intake-state.ts";
import { createCheckNormalizer } from "./normalize/check.ts";
import { createDescriptorNormalizer } from "./normalize/descriptor-check.ts";
import { createEnrichTables } from "./normalize/enrich.ts";
import { createJsonNormalizer } from "./normalize/json-record.ts";
import type { Checks } from "./plan-model.ts";
import { toLabelText } from "./rules/label-text.ts";

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
export const endSlots: readonly number[] = [requestId, event];

/** Whether any rule counts requests while they run. */
export const countsRunning = ({ policy }: CheckedConfig): boolean =>
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
