import { join } from "node:path";
import type { Host } from "../adapters/adapter.ts";
import { promClientSource } from "../adapters/shared/prom-client-source.ts";
import type { WorkTracer } from "../schemas/model/traced-work.ts";
import type { ApiOptions } from "./admin/api/mount-api.ts";
import { createMetricsPages, type MetricsPages } from "./admin/metrics-pages.ts";
import { mountAdmin } from "./admin/server.ts";
import { openDecisionLog } from "./check/decisions/decision-log.ts";
import { createConcurrency } from "./check/limits/concurrency.ts";
import { createMemoryStore } from "./check/limits/memory-store.ts";
import type { PolicyParts } from "./check-plan.ts";
import type { CheckedConfig } from "./config/checked.ts";
import { decisionSettings } from "./config/decisions-schema.ts";
import { systemClock } from "./dispatch/clock.ts";
import { createHandlers, type HandlerSource, type Handlers } from "./dispatch/handlers.ts";
import { createStorage } from "./dispatch/storage.ts";
import { createIntakeState, type IntakeState } from "./intake-state.ts";
import { type Listener, openListeners } from "./listeners.ts";
import { createPipeline } from "./pipeline.ts";
import { type CompiledPlan, createPlan } from "./plan.ts";
import { openReceivers } from "./receivers/inventory.ts";
import type { Pending } from "./stats/aggregator.ts";
import { openStats } from "./stats/stats.ts";
import { createHubEvents, type HubEvents } from "./telemetry/events.ts";
import { createHandlerLog } from "./telemetry/handler-log.ts";
import type { Log } from "./telemetry/log.ts";
import { createHubMetrics, type HubMetrics } from "./telemetry/metrics.ts";
import { observeDecisions, observeJoins } from "./telemetry/observe-decisions.ts";
import { observeGraph } from "./telemetry/observe-graph.ts";
import { observeIntake } from "./telemetry/observe-intake.ts";
import { observeLanes, toHandlerRows } from "./telemetry/observe-lanes.ts";
import { observeRules } from "./telemetry/observe-rules.ts";
import { observeSampling } from "./telemetry/observe-sampling.ts";
import { observeStats } from "./telemetry/observe-stats.ts";
import { createHubTracer, type HubTracer } from "./telemetry/tracing/hub-tracer.ts";
import { traceDeliveries } from "./telemetry/tracing/trace-deliveries.ts";
import { traceIntake } from "./traced-intake.ts";

/** What a hub is opened with. */
export interface HubOptions {
  readonly checked: CheckedConfig;
  /** Folder for what the hub keeps. */
  readonly dataDir: string;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A running hub. */
export interface Hub {
  /** Addresses as bound, by listener. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly metrics: HubMetrics;
  readonly tracer: WorkTracer;
  /** Takes a checked configuration live: handlers and rules change, series and streams carry over. Rejects with nothing changed. */
  reload(checked: CheckedConfig): Promise<void>;
  /** Stops taking, lets streams and lanes end within `graceMs`, closes everything. */
  close(graceMs: number): Promise<void>;
}

/** Opens a hub: what is downstream first, so that nothing arrives before there is somewhere to send it. */
export async function openHub({ checked, dataDir, log, now }: HubOptions): Promise<Hub> {
  const metrics = createHubMetrics();
  const events = createHubEvents(metrics, log, now);
  const pages = createMetricsPages(promClientSource(metrics.registry), events.metricNameTaken);
  const clock = systemClock(now);
  const steady = systemClock(() => performance.now());
  const tracer = createHubTracer({ now, steady: steady.now });
  const budgets = createMemoryStore({ maxKeys: MAX_BUDGETS, now });
  const handlers = createHandlers({
    hostFor: (source, dropped) => hostFor(source, dropped, { pages, events, log, now }),
    events: { ...events.lanes, attempt: traceDeliveries(tracer) },
    clock,
    storage: createStorage({ directory: join(dataDir, "spool"), events: events.storage, clock }),
    budgets,
    random: Math.random,
    retireMs: RETIRE_MS,
  });
  const state = createIntakeState(now);
  const policy: LastingParts = {
    stores: new Map([["memory", budgets]]),
    concurrency: createConcurrency({ maxPlaces: MAX_RUNNING, now: steady.now }),
    clock: steady,
    onFault: events.lanes.fault,
  };
  const first = await applyHandlers(handlers, checked, state, { ...policy, tracer });
  const rules = observeRules(metrics);
  rules.follow(first.plan.counts);
  first.plan.sampling.takeOver();
  const { stats: statsConfig } = checked.config;
  const pending: Pending = (visit) => pipeline.graph.pending(visit);
  const stats =
    statsConfig === null ? undefined : await openStats({ config: statsConfig, directory: dataDir, log, now, pending });
  if (stats !== undefined) observeStats(metrics, stats);
  const decisions = openDecisionLog({
    ...{ settings: decisionSettings(checked.config.decisions), directory: dataDir, log, now },
    random: Math.random,
  });
  observeDecisions(metrics, decisions);
  observeJoins(metrics, state.decisions.counters);
  const sinks = { events: events.pipeline, lanes: handlers, stats, decisions };
  const pipeline = createPipeline(first.plan, { ...sinks, now: steady.now });
  observeIntake(metrics, state);
  observeSampling(metrics, state.sampling);
  observeGraph(metrics, pipeline.graph.counts);
  const waits = setInterval(pipeline.graph.expire, GRAPH_TICK_MS).unref();
  observeLanes(metrics, handlers.status, now);
  let ready = false;

  const receivers = openReceivers({ intake: traceIntake(pipeline, tracer), events: events.receivers, now });
  const running = createRunning(checked, now);
  const api: ApiOptions = {
    stats,
    decisions,
    tracer,
    bounds: { maxRunning: 16, timeoutMs: (statsConfig?.queryTimeoutMs ?? 0) + 1000 },
    now,
    proxies: receivers.proxies,
    vocabulary: () => running.checked.vocabulary,
    config: () => running.shown,
    handlers: () => toHandlerRows(handlers.status(), metrics, state.sampling.ways()),
  };
  let listeners: Listener[];
  try {
    listeners = await openListeners(checked.config.listeners, {
      grpcMethods: receivers.grpcMethods,
      mount: (service, server, config) => {
        if (service === "admin") mountAdmin(server, { metrics: pages, ready: () => ready, api });
        else receivers.mount(server, config);
      },
      messages: receivers.messages,
      transportEvents: events.transport,
      tlsEvents: events.tls,
      onFault: events.httpFault,
    });
  } catch (error) {
    clearInterval(waits);
    await Promise.all([handlers.close(0), stats?.close(), decisions.close()]);
    throw error;
  }
  ready = true;
  receivers.setServing(true);

  return {
    listeners: Object.fromEntries(listeners.map(({ name, address }) => [name, address])),
    metrics,
    tracer,
    async reload(next) {
      const applied = await applyHandlers(handlers, next, state, { ...policy, tracer }, (compiled) => {
        rules.follow(compiled.counts);
        pipeline.swap(compiled);
        compiled.sampling.takeOver();
        running.follow(next);
        decisions.configure(decisionSettings(next.config.decisions));
      });
      await applied.settled;
    },
    async close(graceMs) {
      ready = false;
      receivers.setServing(false);
      const upstream = listeners.filter(({ serves }) => !serves.includes("admin"));
      await Promise.all(upstream.map((listener) => listener.drain(graceMs)));
      clearInterval(waits);
      pipeline.graph.flush();
      state.sampling.close();
      await handlers.close(graceMs);
      await Promise.all([stats?.close(), decisions.close()]);
      await Promise.all(
        listeners.filter((listener) => !upstream.includes(listener)).map((listener) => listener.drain(1000)),
      );
    },
  };
}

/** What runs, as it may be shown: listeners and statistics stay as they were opened until a restart. */
function createRunning(first: CheckedConfig, now: () => number) {
  const { listeners, stats } = first.shown.config;
  const show = ({ shown }: CheckedConfig) => ({
    ...shown,
    loadedMs: now(),
    config: { ...shown.config, listeners, stats },
  });
  return {
    checked: first,
    shown: show(first),
    follow(next: CheckedConfig) {
      this.checked = next;
      this.shown = show(next);
    },
  };
}

/** How often spans are let go that found no other side, where no new ones come. */
const GRAPH_TICK_MS = 1000;

/** What policies share that a reload carries over: budgets, and who runs. */
type LastingParts = Omit<PolicyParts, "checkers" | "limiters">;

/** Budgets of limits kept in memory at once. */
const MAX_BUDGETS = 1_000_000;

/** Requests that limits count while they run, at once. */
const MAX_RUNNING = 100_000;

/** Opens and changes handlers for a configuration, and compiles the plan that sends to them. */
async function applyHandlers(
  handlers: Handlers,
  checked: CheckedConfig,
  state: IntakeState,
  { tracer, ...policy }: LastingParts & { readonly tracer: HubTracer },
  swap: (plan: CompiledPlan) => void = () => {},
): Promise<{ plan: CompiledPlan; settled: Promise<void> }> {
  const trace = await tracer.prepare(checked.config.tracing);
  const prepared = await handlers.prepare(checked.handlers);
  const { checkers, limiters } = prepared;
  const stores = new Map([...policy.stores, ...prepared.stores]);
  const plan = createPlan(checked, prepared.lanes, state, { ...policy, stores, checkers, limiters });
  const committed = prepared.commit();
  swap(plan);
  trace(prepared.lanes);
  return { plan, settled: committed.then(() => prepared.retire()) };
}

/** How long a lane that a reload has replaced or removed may go on sending what waits in it. */
const RETIRE_MS = 30_000;

function hostFor(
  { name, instances, lane }: HandlerSource,
  dropped: (reason: string, count: number) => void,
  { pages, events, log, now }: { pages: MetricsPages; events: HubEvents; log: Log; now: () => number },
): Host {
  return {
    handler: name,
    instances,
    timeoutMs: lane.timeout,
    now,
    log: createHandlerLog(log.child({ handler: name }), {
      now,
      onCut: (lines) => events.handlerLogCut(name, lines),
    }),
    fetch,
    count(counter, labels, value) {
      if (counter === "dropped") dropped(labels.reason ?? "", value);
      events.handlerCount(name, counter, labels, value);
    },
    exposeMetrics: (source, address) => pages.expose(source, address),
  };
}
