import type { PartialSuccess } from "../../decode/otlp/answers.ts";
import { countPoints } from "../../decode/otlp-metrics.ts";
import type { ReceiverEvents } from "../receiver.ts";
import { allTaken } from "./outcome.ts";
import type { OtlpRequest } from "./request.ts";

/** No rule sends metrics of others anywhere: all of their points are refused, so that the sender is told and they are counted. */
export function refuseMetrics({ bytes }: OtlpRequest, source: string, events: ReceiverEvents): PartialSuccess {
  const rejected = countPoints(bytes);
  if (rejected === 0) return allTaken;
  events.decodeError(source, "metrics");
  return { rejected, message: "metrics are not taken: expected traces or access logs" };
}
