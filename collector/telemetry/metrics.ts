import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** The hub's own metrics, all named `mixdown_*`. Counted in plain fields on the hot path, collected when scraped. */
export interface HubMetrics {
  readonly registry: Registry;
  readonly records: Counter<"source" | "outcome">;
  readonly decodeErrors: Counter<"source" | "reason">;
  readonly points: Counter<"source" | "outcome">;
  readonly messages: Counter<"source">;
  readonly messageBytes: Counter<"source">;
  readonly sourceStreams: Gauge<"source">;
  readonly connections: Gauge<"listener">;
  readonly connectionsClosed: Counter<"listener" | "reason">;
  readonly refused: Counter<"listener" | "reason">;
  readonly wireBytes: Counter<"listener" | "direction">;
  readonly streams: Gauge<"listener">;
  readonly calls: Counter<"listener" | "status">;
  readonly protocolErrors: Counter<"listener" | "reason">;
  readonly reloads: Counter<"outcome">;
  readonly certificateReloads: Counter<"listener" | "outcome">;
  readonly handlerErrors: Counter<"handler">;
  readonly handlerOverflow: Counter<"handler" | "metric" | "label">;
  readonly handlerExpired: Counter<"handler" | "metric">;
  readonly handlerLogCut: Counter<"handler">;
  readonly handlerDropped: Counter<"handler" | "metric" | "reason">;
  readonly spoolQuarantinedBytes: Counter<"handler">;
  readonly deadLettersDropped: Counter<"handler" | "reason">;
  /** Adds a metric whose values are read when scraped. */
  observe<Label extends string>(options: ObservedMetric<Label>): void;
}

/** A metric that is read, not counted. */
export interface ObservedMetric<Label extends string> {
  readonly name: `mixdown_${string}`;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly labelNames: readonly Label[];
  read(): Iterable<{ readonly labels: Readonly<Partial<Record<Label, string>>>; readonly value: number }>;
}

/** Makes the registry with everything in it. */
export function createHubMetrics(): HubMetrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `mixdown_${name}`, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name: `mixdown_${name}`, help, labelNames, registers });
  collectDefaultMetrics({ register: registry, prefix: "mixdown_" });
  observeEventLoop(registry);

  return {
    registry,
    records: counter("records_total", "Records by source and outcome: matched by a rule, unmatched, or malformed.", [
      "source",
      "outcome",
    ]),
    decodeErrors: counter("decode_errors_total", "What could not be decoded, by source and reason.", [
      "source",
      "reason",
    ]),
    points: counter(
      "metric_points_total",
      "Data points of metrics of others, by source and outcome: accepted or rejected.",
      ["source", "outcome"],
    ),
    messages: counter("messages_total", "Messages received, by source.", ["source"]),
    messageBytes: counter("message_bytes_total", "Bytes of messages received, without framing and compression.", [
      "source",
    ]),
    sourceStreams: gauge("source_streams", "Open streams of reports, by source.", ["source"]),
    connections: gauge("connections", "Open connections.", ["listener"]),
    connectionsClosed: counter("connections_closed_total", "Closed connections, by reason.", ["listener", "reason"]),
    refused: counter("refused_total", "Connections and calls refused, by reason.", ["listener", "reason"]),
    wireBytes: counter("wire_bytes_total", "Bytes on the wire, framing included.", ["listener", "direction"]),
    streams: gauge("streams", "Open streams.", ["listener"]),
    calls: counter("calls_total", "Ended calls, by gRPC status.", ["listener", "status"]),
    protocolErrors: counter("protocol_errors_total", "Faults of peers in HTTP/2, TLS or gRPC, by reason.", [
      "listener",
      "reason",
    ]),
    reloads: counter("config_reloads_total", "Configuration reloads: applied, unchanged or refused.", ["outcome"]),
    certificateReloads: counter("certificate_reloads_total", "Certificate files read again: applied or refused.", [
      "listener",
      "outcome",
    ]),
    handlerErrors: counter("handler_errors_total", "Instances lost since the adapter threw.", ["handler"]),
    handlerOverflow: counter(
      "handler_overflow_total",
      "Instances that went to a metric's overflow series, by the label to blame.",
      ["handler", "metric", "label"],
    ),
    handlerExpired: counter("handler_expired_total", "Series that ended since they were idle.", ["handler", "metric"]),
    handlerLogCut: counter("handler_log_cut_total", "Lines that were cut since a handler logged too much.", [
      "handler",
    ]),
    handlerDropped: counter("handler_dropped_total", "Instances that a handler could not take, by reason.", [
      "handler",
      "metric",
      "reason",
    ]),
    spoolQuarantinedBytes: counter(
      "spool_quarantined_bytes_total",
      "Damaged bytes of logs on disk that were moved to quarantine.",
      ["handler"],
    ),
    deadLettersDropped: counter(
      "dead_letters_dropped_total",
      "Dead letters that are gone: expired to make room for newer ones, or not taken by the disk.",
      ["handler", "reason"],
    ),
    observe(options) {
      observe(registry, options);
    },
  };
}

function observe<Label extends string>(
  registry: Registry,
  { name, help, kind, labelNames, read }: ObservedMetric<Label>,
): void {
  const Metric = kind === "counter" ? Counter : Gauge;
  new Metric<Label>({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, value } of read()) this.inc(labels, value);
    },
  });
}

/** Event-loop delay since the last scrape, as percentiles: what a slow moment of the hub costs everyone. */
function observeEventLoop(registry: Registry): void {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  new Gauge({
    name: "mixdown_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape.",
    labelNames: ["percentile"],
    registers: [registry],
    collect() {
      for (const quantile of [0.5, 0.9, 0.99, 1]) {
        const nanos = quantile === 1 ? histogram.max : histogram.percentile(quantile * 100);
        this.set({ percentile: String(quantile * 100) }, histogram.count === 0 ? 0 : nanos / 1e9);
      }
      histogram.reset();
    },
  });
}
