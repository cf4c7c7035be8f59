import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import { defineAdapter } from "../adapter.ts";
import { prometheusNaming } from "../shared/series/naming.ts";
import { seriesProblems } from "../shared/series/problems.ts";
import { config, type PrometheusConfig } from "./config.ts";
import { Registry } from "./registry.ts";

/** Aggregates metric instances in process and shows them at /metrics, for Prometheus to scrape. */
export const prometheus = defineAdapter({
  type: "prometheus",
  summary: "Counters, gauges and histograms at /metrics, for Prometheus to scrape.",
  accepts: ["metric"],
  config,
  reads: ["trace.id", "trace.sampled"],
  validate: (settings, instances) => seriesProblems(settings, instances, prometheusNaming),
  tupleBudget: ({ maxSeries }) => maxSeries,
  async open(settings, host) {
    const registry = new Registry(host);
    registry.define(settings, host.instances);
    let address = settings.address;
    let hide = await host.exposeMetrics(registry, address);

    async function move(to: string | undefined): Promise<void> {
      if (to === address) return;
      const hideFormer = hide;
      hide = await host.exposeMetrics(registry, to);
      address = to;
      await hideFormer();
    }

    return {
      record: (instance) => registry.record(instance),
      reconfigure(next: unknown, instances: readonly InstanceDeclaration[]) {
        const settings = next as PrometheusConfig;
        registry.define(settings, instances);
        return move(settings.address);
      },
      close: () => hide(),
    };
  },
});
