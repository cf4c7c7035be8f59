import type { HubMetrics } from "./metrics.ts";

/** What the intake keeps over plans, as far as it can run out of room. */
export interface IntakeCounts {
  readonly connections: { readonly forgotten: number };
  routesOverflowed(): number;
}

/** Shows where bounded tables of the intake ran out of room. */
export function observeIntake(metrics: HubMetrics, intake: IntakeCounts): void {
  metrics.observe({
    name: "mixdown_connections_forgotten_total",
    help: "TCP connections of proxies forgotten before their end since there were too many; their next entry counts from zero.",
    kind: "counter",
    labelNames: [],
    read: () => [{ labels: {}, value: intake.connections.forgotten }],
  });
  metrics.observe({
    name: "mixdown_routes_overflow_total",
    help: "Requests whose route.template became {other} since their host has too many.",
    kind: "counter",
    labelNames: [],
    read: () => [{ labels: {}, value: intake.routesOverflowed() }],
  });
}
