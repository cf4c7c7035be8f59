import { randomInt } from "node:crypto";
import { createRecentDecisions, type RecentDecisions } from "./check/decisions/recent-decisions.ts";
import { createSpanWrapper } from "./decode/otlp/wrap-spans.ts";
import { type ConnectionTable, createConnectionTable } from "./normalize/connection-table.ts";
import { createRouteTemplates, type RoutesConfig, type RouteTemplates } from "./normalize/route-templates.ts";
import { createSampling, type Sampling } from "./rules/sampling/sampling.ts";

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
