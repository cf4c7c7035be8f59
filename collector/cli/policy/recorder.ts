import type { Aggregator, Host, MetricsSource } from "../../../adapters/adapter.ts";
import { isAggregator } from "../../../adapters/adapter.ts";
import { prometheus } from "../../../adapters/prometheus/index.ts";
import type { Instance, MetricInstance, Template } from "../../../schemas/model/instance.ts";
import type { CheckedHandler } from "../../config/checked.ts";
import type { Outbox } from "../../rules/rule-table.ts";
import { formatSeriesName, parseSeries, type Series } from "./series.ts";

/** Stands for a handler: keeps what rules send it, and sends nothing anywhere. */
export interface Recorder extends Outbox {
  readonly instances: readonly Instance[];
  /** Its metrics, as /metrics shows them; of handlers that show none, the sums of each instance under its own name. */
  series(): Promise<readonly Series[]>;
}

/** Makes the recorder of a handler. */
export async function createRecorder(handler: CheckedHandler, host: Host): Promise<Recorder> {
  const instances: Instance[] = [];
  const page = handler.adapter === prometheus ? await openPage(handler, host) : undefined;
  return {
    instances,
    record() {},
    offer(instance) {
      instances.push(instance);
      page?.aggregator.record(instance);
    },
    series: async () => (page === undefined ? sumsOf(instances) : parseSeries(await page.text())),
  };
}

/** Prometheus' adapter at work, whose page nobody is shown. */
async function openPage({ adapter, params }: CheckedHandler, host: Host) {
  const sources: MetricsSource[] = [];
  const exposeMetrics = async (source: MetricsSource) => {
    sources.push(source);
    return async () => {};
  };
  const aggregator = await adapter.open(params, { ...host, exposeMetrics });
  if (!isAggregator(aggregator)) throw new Error(`the adapter ${adapter.type} shows no metrics`);
  return {
    aggregator: aggregator as Aggregator<Template>,
    async text() {
      const families = (await Promise.all(sources.map((source) => source.families("text")))).flat();
      return families.flatMap((family) => [...family.samples()]).join("");
    },
  };
}

function sumsOf(instances: readonly Instance[]): Series[] {
  const sums = new Map<string, Series>();
  for (const instance of instances.filter(({ template }) => template === "metric") as MetricInstance[]) {
    const { instance: name, labels: tuple, value, weight } = instance;
    const labels = Object.fromEntries(tuple.names.map((label, i) => [label, tuple.values[i] ?? ""]));
    const key = formatSeriesName({ name, labels });
    sums.set(key, { name, labels, value: (sums.get(key)?.value ?? 0) + value * weight });
  }
  return [...sums.values()];
}
