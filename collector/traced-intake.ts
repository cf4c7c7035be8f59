import type { Receipt } from "../schemas/model/receipt.ts";
import type { SpanBatch } from "../schemas/model/span.ts";
import { type WorkTracer, within } from "../schemas/model/traced-work.ts";
import { callerSpan, traceparentSpan } from "./normalize/caller-span.ts";
import type { Intake } from "./receivers/receiver.ts";
import { WatchedSpans } from "./telemetry/tracing/watched-spans.ts";
import { batchOutcome, checkNames, checkOutcome, limitOutcome } from "./telemetry/tracing/work-facts.ts";

/** An intake whose batches and checks are traced work while tracing is on; else calls go straight through. */
export function traceIntake(intake: Intake, tracer: WorkTracer): Intake {
  /** Gives the batch on, and tells of it unless it only brings a hub's own spans back. */
  const receive = <B, R extends Receipt>(
    batch: B,
    source: string,
    report: (batch: B) => R | Promise<R>,
    isOwn = () => false,
  ): R | Promise<R> => {
    const work = tracer.start(`receive ${source}`, "server");
    if (work === undefined) return report(batch);
    return within(
      work,
      () => report(batch),
      (receipt) => (isOwn() ? undefined : batchOutcome(source, receipt)),
    );
  };

  const receiveSpans = (batch: SpanBatch) => {
    const watched = new WatchedSpans(batch);
    return receive(watched, batch.source, intake.reportSpans, () => watched.hasOwn);
  };

  return {
    reportAccessLogs: (batch) =>
      tracer.isOn ? receive(batch, "accesslog", intake.reportAccessLogs) : intake.reportAccessLogs(batch),
    reportRecords: (batch) =>
      tracer.isOn ? receive(batch, batch.source, intake.reportRecords) : intake.reportRecords(batch),
    reportSpans: (batch) => (tracer.isOn ? receiveSpans(batch) : intake.reportSpans(batch)),
    reportMetrics: (batch) =>
      tracer.isOn ? receive(batch, batch.source, intake.reportMetrics) : intake.reportMetrics(batch),
    takesMetrics: intake.takesMetrics,
    check(call) {
      const work = tracer.isOn ? tracer.start(checkNames[call.check.kind], "server", callerSpan(call)) : undefined;
      return work === undefined
        ? intake.check(call)
        : within(work, () => intake.check({ ...call, work }), checkOutcome);
    },
    limit(call) {
      const { request, traceparent } = call;
      const work = tracer.isOn ? tracer.start(checkNames.limit, "server", traceparentSpan(traceparent)) : undefined;
      if (work === undefined) return intake.limit(call);
      return within(
        work,
        () => intake.limit({ ...call, work }),
        (receipt) => limitOutcome(request, receipt),
      );
    },
  };
}
