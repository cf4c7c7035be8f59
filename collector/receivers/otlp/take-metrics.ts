import type { PartialSuccess } from "../../decode/otlp/answers.ts";
import { countPoints, type MetricDecoder, type OtlpMetricBatch } from "../../decode/otlp-metrics.ts";
import { nextTurn } from "../in-turns.ts";
import type { ReceiverEvents, ReceiverHost } from "../receiver.ts";
import { allTaken, toPartialSuccess } from "./outcome.ts";
import type { OtlpRequest } from "./request.ts";

/**
 * Takes the metrics of a request in turns, so that a large one holds nobody up. A small one that meets no resistance is done
 * when this returns. Throws OtlpError for what is no request; passes the intake's OverloadError on.
 */
export function takeMetrics(
  request: OtlpRequest,
  decoder: MetricDecoder,
  source: string,
  host: ReceiverHost,
): PartialSuccess | Promise<PartialSuccess> {
  const { intake, events } = host;
  if (!intake.takesMetrics()) return refuseMetrics(request, source, events);
  const batch = decoder.read(request.bytes, { source, answered: true, places: request.places });
  const receipt = intake.reportMetrics(batch);
  if (!(receipt instanceof Promise) && !batch.more) return outcomeOf(batch, request, source, host);
  return takeRest(batch, receipt, host).then(() => outcomeOf(batch, request, source, host));
}

async function takeRest(batch: OtlpMetricBatch, first: unknown, { intake }: ReceiverHost): Promise<void> {
  await first;
  while (batch.more) {
    await nextTurn();
    batch.resume();
    await intake.reportMetrics(batch);
  }
}

/** Of a metric in JSON that cannot be read it is not known how many points it has: it counts for one. */
function outcomeOf(
  { reasons, rejected: told, rejectedPoints, acceptedPoints }: OtlpMetricBatch,
  { rejected: before = [], rejectedCount = 0 }: OtlpRequest,
  source: string,
  { events }: ReceiverHost,
): PartialSuccess {
  let metrics = rejectedCount;
  for (const [reason, count] of reasons) {
    metrics += count;
    for (let i = 0; i < count; i++) events.decodeError(source, `metric_${reason}`);
  }
  for (let i = 0; i < rejectedCount; i++) events.decodeError(source, "metric_json");
  const rejected = rejectedPoints + rejectedCount;
  events.points(source, acceptedPoints, rejected);
  return toPartialSuccess("data points", acceptedPoints + rejected, rejected, [...before, ...told], metrics);
}

/** All points are refused, so that the sender is told, and they are counted. */
function refuseMetrics(
  { bytes, rejectedCount = 0 }: OtlpRequest,
  source: string,
  events: ReceiverEvents,
): PartialSuccess {
  const rejected = countPoints(bytes) + rejectedCount;
  if (rejected === 0) return allTaken;
  events.decodeError(source, "metrics");
  events.points(source, 0, rejected);
  return { rejected, message: "metrics are not taken: no rule sends the instance metrics to a handler" };
}
