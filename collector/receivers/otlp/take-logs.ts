import type { ListenerTrust } from "../../../schemas/model/access-log.ts";
import type { RejectedSpan } from "../../../schemas/model/span.ts";
import type { PartialSuccess } from "../../decode/otlp/answers.ts";
import type { LogDecoder } from "../../decode/otlp-logs.ts";
import { nextTurn } from "../in-turns.ts";
import type { ReceiverHost } from "../receiver.ts";
import { toPartialSuccess } from "./outcome.ts";
import type { OtlpRequest } from "./request.ts";

const maxTold = 8;

/** Takes the access logs of a request, a batch at a time. Throws OtlpError for what is no request; passes the intake's OverloadError on. */
export async function takeLogs(
  request: OtlpRequest,
  listener: ListenerTrust,
  decoder: LogDecoder,
  source: string,
  { intake, events }: ReceiverHost,
): Promise<PartialSuccess> {
  const { rejected: before = [], rejectedCount = 0, places } = request;
  const { batches, count, beyond } = decoder.read(request.bytes, listener, places);
  const told: RejectedSpan[] = [...before];
  let rejected = rejectedCount + beyond;
  for (let i = 0; i < rejectedCount; i++) events.decodeError(source, "record_json");
  for (let i = 0; i < beyond; i++) events.decodeError(source, "record_too_many");
  for (const batch of batches) {
    const receipt = await intake.reportAccessLogs(batch);
    rejected += receipt.malformed;
    for (const { reason } of batch.rejected) events.decodeError(source, `record_${reason}`);
    told.push(...batch.rejected.slice(0, Math.max(0, maxTold - told.length)));
    await nextTurn();
  }
  return toPartialSuccess("log records", count + beyond + rejectedCount, rejected, told);
}
