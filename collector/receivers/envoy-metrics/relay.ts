import type { EnvoyNode } from "../../../schemas/model/access-log.ts";
import { StatisticsConverter } from "../../decode/metrics/to-otlp.ts";
import type { MetricDecoder } from "../../decode/otlp-metrics.ts";
import { nextTurn } from "../in-turns.ts";
import type { ReceiverHost } from "../receiver.ts";

/** Passes the statistics of one proxy's stream on, as metrics of OTLP. */
export class StatisticsRelay {
  readonly #source: string;
  readonly #host: ReceiverHost;
  readonly #decoder: MetricDecoder;
  #converter: StatisticsConverter | undefined;

  constructor(source: string, host: ReceiverHost, decoder: MetricDecoder) {
    this.#source = source;
    this.#host = host;
    this.#decoder = decoder;
  }

  /** The proxy has said who it is. */
  identify(node: EnvoyNode): void {
    this.#converter = new StatisticsConverter(node);
  }

  /** Whether any rule takes what a proxy sends that has said who it is. */
  get isWanted(): boolean {
    return this.#converter !== undefined && this.#host.intake.takesMetrics();
  }

  /** Passes a message on, a part at a time; settles when the last part was taken. */
  async take(message: Uint8Array, countersAreDeltas: boolean): Promise<void> {
    const { intake, events, now } = this.#host;
    for (const { bytes, malformed, leftOut } of this.#converter?.convert(message, {
      countersAreDeltas,
      nowMs: now(),
    }) ?? []) {
      const batch = this.#decoder.read(bytes, { source: this.#source, answered: false });
      await intake.reportMetrics(batch);
      while (batch.more) {
        await nextTurn();
        batch.resume();
        await intake.reportMetrics(batch);
      }
      events.points(this.#source, batch.acceptedPoints, batch.rejectedPoints + malformed);
      this.#count(batch.reasons);
      this.#count(new Map([["malformed", malformed]]));
      for (let i = 0; i < leftOut; i++) events.decodeError(this.#source, "summary_beside_histogram");
      await nextTurn();
    }
  }

  #count(reasons: ReadonlyMap<string, number>): void {
    for (const [reason, count] of reasons)
      for (let i = 0; i < count; i++) this.#host.events.decodeError(this.#source, `metric_${reason}`);
  }
}
