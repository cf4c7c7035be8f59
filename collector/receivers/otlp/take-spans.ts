import type { PartialSuccess } from "../../decode/otlp/answers.ts";
import type { OtlpSpanBatch, SpanDecoder } from "../../decode/otlp-spans.ts";
import { nextTurn } from "../in-turns.ts";
import type { ReceiverHost } from "../receiver.ts";
import { toPartialSuccess } from "./outcome.ts";
import type { OtlpRequest } from "./request.ts";

/**
 * Takes the spans of a request in turns, so that a large one holds nobody up. A small one that meets no resistance is done
 * when this returns. Throws OtlpError for what is no request; passes the intake's OverloadError on.
 */
export function takeSpans(
  request: OtlpRequest,
  decoder: SpanDecoder,
  source: string,
  host: ReceiverHost,
): PartialSuccess | Promise<PartialSuccess> {
  const batch = decoder.read(request.bytes, source, request.places);
  const receipt = host.intake.reportSpans(batch);
  if (!(receipt instanceof Promise) && !batch.more) return outcomeOf(batch, request, source, host);
  return takeRest(batch, receipt, host).then(() => outcomeOf(batch, request, source, host));
}

async function takeRest(batch: OtlpSpanBatch, first: unknown, { intake }: ReceiverHost): Promise<void> {
  await first;
  while (batch.more) {
    await nextTurn();
    batch.resume();
    await intake.reportSpans(batch);
  }
}

function outcomeOf(
  { index, reasons, rejected: told }: OtlpSpanBatch,
  { rejected: before = [], rejectedCount = 0 }: OtlpRequest,
  source: string,
  { events }: ReceiverHost,
): PartialSuccess {
  let rejected = rejectedCount;
  for (const [reason, count] of reasons) {
    rejected += count;
    for (let i = 0; i < count; i++) events.decodeError(source, `span_${reason}`);
  }
  for (let i = 0; i < rejectedCount; i++) events.decodeError(source, "span_json");
  const total = index.count + index.beyond + rejectedCount;
  return toPartialSuccess("spans", total, rejected, [...before, ...told]);
}
