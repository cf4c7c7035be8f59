import type { InstanceDeclaration, MetricsInstance } from "../../schemas/model/instance.ts";
import type { ExpositionFormat, Host, MetricFamily, MetricsSource } from "../adapter.ts";
import { prometheusNaming } from "../shared/series/naming.ts";
import { SeriesStore } from "../shared/series/store.ts";
import type { PrometheusConfig } from "./config.ts";
import { toFamily } from "./family.ts";
import { OthersStore } from "./others/store.ts";

/** The series of one handler as a source of metrics pages. */
export class Registry extends SeriesStore implements MetricsSource {
  readonly #others: OthersStore;
  #withCreated = true;

  constructor(host: Host) {
    super(host, { naming: prometheusNaming });
    this.#others = new OthersStore(host);
  }

  override define(config: PrometheusConfig, instances: readonly InstanceDeclaration[]): void {
    super.define(config, instances);
    this.#withCreated = config.created;
    const own = [...this.metrics].flatMap(({ definition, kind }) => prometheusNaming.claims(definition.name, kind));
    this.#others.configure(config.others, own);
  }

  /** Takes in metrics of others. */
  recordOthers(instance: MetricsInstance): void {
    this.#others.record(instance);
  }

  families(format: ExpositionFormat): readonly MetricFamily[] {
    this.visit();
    const own = [...this.metrics]
      .filter((metric) => !metric.table.isEmpty)
      .map((metric) => toFamily(metric, format, this.#withCreated));
    return [...own, ...this.#others.families(format, this.#withCreated)];
  }
}
