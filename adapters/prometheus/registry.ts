import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import type { ExpositionFormat, Host, MetricFamily, MetricsSource } from "../adapter.ts";
import { prometheusNaming } from "../shared/series/naming.ts";
import { SeriesStore } from "../shared/series/store.ts";
import type { PrometheusConfig } from "./config.ts";
import { toFamily } from "./family.ts";

/** The series of one handler as a source of metrics pages. */
export class Registry extends SeriesStore implements MetricsSource {
  #withCreated = true;

  constructor(host: Host) {
    super(host, { naming: prometheusNaming });
  }

  override define(config: PrometheusConfig, instances: readonly InstanceDeclaration[]): void {
    super.define(config, instances);
    this.#withCreated = config.created;
  }

  families(format: ExpositionFormat): readonly MetricFamily[] {
    this.visit();
    return [...this.metrics]
      .filter((metric) => !metric.table.isEmpty)
      .map((metric) => toFamily(metric, format, this.#withCreated));
  }
}
