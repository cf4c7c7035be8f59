import type { IncomingMessage } from "node:http";
import { OverloadError } from "../../../schemas/model/overload.ts";
import type { RecordBatch, RecordReceipt, RejectedRecord, ReportOrigin } from "../../../schemas/model/raw-record.ts";
import { findRecords, type Report, ReportError } from "../../decode/json-report.ts";
import { type BodyOptions, readBody } from "../../transport/http-body.ts";
import { HttpError, overloaded } from "../../transport/http-error.ts";
import { inTurns, nextTurn } from "../in-turns.ts";
import type { ReceiverHost } from "../receiver.ts";
import { writesLines } from "./media-type.ts";

/** The answer to a report: how many records were taken, and why the others were not. */
export interface ReportAnswer {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly error: string }[];
}

/** What one report may hold. */
const limits = { maxRecords: 100_000, maxRecordLength: 1_048_576, maxDepth: 32 };
/** What is done before others get their turn. */
const turn = { records: 1000, length: 262_144 };

/**
 * Takes one report. All of it is read and checked before its first record counts, so a report that is refused with an
 * HttpError may be sent again; both happen in turns, so that a large one holds nobody up.
 */
export async function takeReport(
  source: string,
  request: IncomingMessage,
  body: BodyOptions,
  host: ReceiverHost,
): Promise<ReportAnswer> {
  try {
    const lines = writesLines(request.headers["content-type"]);
    const { bytes, release } = await readBody(request, body);
    try {
      host.events.message(source, bytes.length);
      return await takeRecords(source, await inTurns(findRecords(bytes.toString("utf8"), lines, limits)), host);
    } finally {
      release();
    }
  } catch (error) {
    const refusal = toHttpError(error);
    if (refusal instanceof HttpError) host.events.decodeError(source, `message_${refusal.code.toLowerCase()}`);
    throw refusal;
  }
}

async function takeRecords(source: string, report: Report, { intake, events }: ReceiverHost): Promise<ReportAnswer> {
  const origin: ReportOrigin = { kind: "report" };
  const rejected: RejectedRecord[] = [];
  let accepted = 0;
  let refused = report.refused;
  for (;;) {
    const records = report.next(turn.records, turn.length);
    const batch = { source, origin, records, refused, answered: true };
    const receipt = await take(batch, accepted + rejected.length === 0, intake);
    accepted += receipt.accepted;
    rejected.push(...receipt.rejected);
    if (accepted + rejected.length >= report.count) break;
    refused = [];
    await nextTurn();
  }
  for (const { reason } of rejected) events.decodeError(source, `record_${reason}`);
  return {
    accepted,
    rejected: rejected.sort((a, b) => a.index - b.index).map(({ index, error }) => ({ index, error })),
  };
}

/** A report of which nothing was taken is refused as a whole; later, the records of a turn that found no room are. */
async function take(
  batch: RecordBatch,
  isFirst: boolean,
  intake: ReceiverHost["intake"],
): Promise<Pick<RecordReceipt, "accepted" | "rejected">> {
  try {
    return await intake.reportRecords(batch);
  } catch (error) {
    if (isFirst || !(error instanceof OverloadError)) throw error;
    const { message } = error;
    const notTaken = batch.records.map(({ index }) => ({ index, reason: "overload", error: message }));
    return { accepted: 0, rejected: [...(batch.refused ?? []), ...notTaken] };
  }
}

const statuses = { MALFORMED_JSON: 400, NOT_A_REPORT: 400, TOO_MANY_RECORDS: 413 } as const;

function toHttpError(error: unknown): unknown {
  if (error instanceof OverloadError) return overloaded(error);
  if (!(error instanceof ReportError)) return error;
  return new HttpError(statuses[error.code], error.code, error.message, [error.place]);
}
