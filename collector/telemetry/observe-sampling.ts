import type { SampledWay, Sampling } from "../rules/sampling/sampling.ts";
import type { HubMetrics } from "./metrics.ts";

type Way = "handler" | "instance";
type Sample<Label extends string> = {
  readonly labels: Readonly<Partial<Record<Label, string>>>;
  readonly value: number;
};

/** Shows what sampling did to spans, and what waits for a decision. */
export function observeSampling(metrics: HubMetrics, sampling: Pick<Sampling, "ways">): void {
  const counter = <Label extends string>(
    name: `mixdown_${string}`,
    help: string,
    labelNames: readonly Label[],
    read: (way: SampledWay) => readonly Sample<Label>[],
  ) =>
    metrics.observe<Way | Label>({
      ...{ name, help, kind: "counter", labelNames: ["handler", "instance", ...labelNames] },
      read: () => sampling.ways().flatMap((way) => read(way).map(withWay(way))),
    });
  const gauge = (name: `mixdown_${string}`, help: string, read: (store: NonNullable<SampledWay["store"]>) => number) =>
    metrics.observe<Way>({
      ...{ name, help, kind: "gauge", labelNames: ["handler", "instance"] },
      read: () =>
        sampling
          .ways()
          .flatMap((way) => (way.store === undefined ? [] : [withWay(way)({ labels: {}, value: read(way.store) })])),
    });

  counter(
    "mixdown_sampling_spans_total",
    "Spans that sampling kept or left out, by what decided.",
    ["outcome", "reason"],
    ({ counts }) => [
      ...[...counts.kept].map(([reason, value]) => ({ labels: { outcome: "kept", reason }, value })),
      ...[...counts.leftOut].map(([reason, value]) => ({ labels: { outcome: "left_out", reason }, value })),
    ],
  );
  counter(
    "mixdown_sampling_late_spans_total",
    "Spans that came after their trace was decided at its end.",
    ["outcome"],
    ({ counts, store }) =>
      store === undefined
        ? []
        : [
            { labels: { outcome: "kept" }, value: counts.lateKept },
            { labels: { outcome: "left_out" }, value: counts.lateLeftOut },
          ],
  );
  counter(
    "mixdown_sampling_traces_total",
    "Traces that tail sampling decided, by what decided, and why then.",
    ["outcome", "reason", "cause"],
    ({ counts }) =>
      counts.decisions.map(({ rule, cause, kept, traces }) => ({
        labels: { outcome: kept ? "kept" : "left_out", reason: rule, cause },
        value: traces,
      })),
  );
  gauge("mixdown_sampling_waiting_traces", "Traces that wait for their decision.", ({ traces }) => traces);
  gauge("mixdown_sampling_waiting_spans", "Spans that wait for the decision on their trace.", ({ spans }) => spans);
  gauge("mixdown_sampling_waiting_bytes", "Memory that they take up.", ({ bytes }) => bytes);
}

const withWay =
  ({ handler, instance }: SampledWay) =>
  <Label extends string>({ labels, value }: Sample<Label>): Sample<Way | Label> => ({
    labels: { handler, instance, ...labels } as Sample<Way | Label>["labels"],
    value,
  });
