import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import { defineAdapter } from "../adapter.ts";
import { prometheusNaming } from "../shared/series/naming.ts";
import { expiryProblems, seriesProblems } from "../shared/series/problems.ts";
import { config, type PrometheusConfig } from "./config.ts";
import { Registry } from "./registry.ts";

/** Aggregates metric instances in process and shows them, and metrics of others, at /metrics, for Prometheus to scrape. */
export const prometheus = defineAdapter<"metric" | "metrics", typeof config>({
  type: "prometheus",
  summary: "Counters, gauges and histograms, and metrics of others, at /metrics, for Prometheus to scrape.",
  accepts: ["metric", "metrics"],
  config,
  reads: ["trace.id", "trace.sampled"],
  validate: (settings, instances) => [
    ...seriesProblems(settings, instances, prometheusNaming),
    ...expiryProblems(settings.others).map(({ path, message }) => ({ path: ["others", ...path], message })),
  ],
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
      record(instance) {
        if (instance.template === "metrics") registry.recordOthers(instance);
        else registry.record(instance);
      },
      reconfigure(next: unknown, instances: readonly InstanceDeclaration[]) {
        const settings = next as PrometheusConfig;
        registry.define(settings, instances);
        return move(settings.address);
      },
      close: () => hide(),
    };
  },
});
