import type { LaneEvents } from "../dispatch/lane.ts";
import type { StorageEvents } from "../dispatch/storage.ts";
import type { PipelineEvents } from "../pipeline.ts";
import type { ReceiverEvents } from "../receivers/receiver.ts";
import type { TransportEvents } from "../transport/events.ts";
import type { TlsEvents } from "../transport/tls.ts";
import { createLogLimiter, type Log } from "./log.ts";
import type { HubMetrics } from "./metrics.ts";

/** What the stages report, counted in the hub's metrics and logged where an operator should know. */
export interface HubEvents {
  readonly pipeline: PipelineEvents;
  readonly lanes: LaneEvents;
  readonly storage: StorageEvents;
  readonly receivers: ReceiverEvents;
  transport(listener: string): TransportEvents;
  tls(listener: string): TlsEvents;
  /** What a handler counts about itself. */
  handlerCount(
    handler: string,
    counter: "overflow" | "expired" | "dropped",
    labels: Readonly<Record<string, string>>,
    value: number,
  ): void;
  /** Lines of a handler's log were cut. */
  handlerLogCut(handler: string, lines: number): void;
  /** Two sources show a metric of the same name; the later one is left out of the page. */
  metricNameTaken(family: string): void;
  /** The hub failed to answer over HTTP. */
  httpFault(error: unknown, url: string): void;
}

/** A fault that repeats is logged once in this time, with the count of the others. */
const LOG_EVERY_MS = 10_000;

/** Counts and logs what the stages report. */
export function createHubEvents(metrics: HubMetrics, log: Log, now: () => number): HubEvents {
  const limited = createLogLimiter(LOG_EVERY_MS, now);
  const logFault = (key: string, fields: object, message: string) =>
    limited(key, (suppressed) => log.error({ ...fields, suppressed }, message));

  return {
    pipeline: {
      batch(source, matched, unmatched, malformed) {
        if (matched > 0) metrics.records.inc({ source, outcome: "matched" }, matched);
        if (unmatched > 0) metrics.records.inc({ source, outcome: "unmatched" }, unmatched);
        if (malformed > 0) metrics.records.inc({ source, outcome: "malformed" }, malformed);
      },
    },
    lanes: {
      fault(handler, error) {
        metrics.handlerErrors.inc({ handler });
        logFault(`fault ${handler}`, { handler, err: error }, "an adapter threw, which is a fault of the adapter");
      },
      failedAttempt: (handler, reason) =>
        limited(`attempt ${handler}`, (suppressed) =>
          log.warn({ handler, reason, suppressed }, "a handler could not deliver a batch"),
        ),
    },
    storage: createStorageEvents(metrics, log, logFault),
    receivers: {
      streamOpened: (source) => metrics.sourceStreams.inc({ source }),
      streamClosed: (source) => metrics.sourceStreams.dec({ source }),
      message(source, bytes) {
        metrics.messages.inc({ source });
        metrics.messageBytes.inc({ source }, bytes);
      },
      points(source, accepted, rejected) {
        if (accepted > 0) metrics.points.inc({ source, outcome: "accepted" }, accepted);
        if (rejected > 0) metrics.points.inc({ source, outcome: "rejected" }, rejected);
      },
      decodeError: (source, reason) => metrics.decodeErrors.inc({ source, reason }),
    },
    tls: (listener) => ({
      reloaded() {
        metrics.certificateReloads.inc({ listener, outcome: "applied" });
        log.info({ listener }, "certificates read again; new connections use them");
      },
      reloadFailed(error) {
        metrics.certificateReloads.inc({ listener, outcome: "refused" });
        log.error({ listener, err: error }, "changed certificates cannot be used; the old ones stay");
      },
    }),
    transport: (listener) => createTransportEvents(listener, metrics, logFault),
    handlerCount(handler, counter, { metric = "", label = "", reason = "" }, value) {
      if (counter === "overflow") metrics.handlerOverflow.inc({ handler, metric, label }, value);
      else if (counter === "expired") metrics.handlerExpired.inc({ handler, metric }, value);
      else metrics.handlerDropped.inc({ handler, metric, reason }, value);
    },
    handlerLogCut: (handler, lines) => metrics.handlerLogCut.inc({ handler }, lines),
    metricNameTaken(family) {
      logFault(
        `name ${family}`,
        { metric: family },
        "two sources have a metric of this name; the second is left out of /metrics",
      );
    },
    httpFault(error, url) {
      logFault("http", { err: error, url }, "failed to answer over HTTP");
    },
  };
}

function createStorageEvents(
  metrics: HubMetrics,
  log: Log,
  logFault: (key: string, fields: object, message: string) => void,
): StorageEvents {
  return {
    quarantined(handler, records, bytes, file) {
      metrics.spoolQuarantinedBytes.inc({ handler }, bytes);
      logFault(
        `quarantine ${handler}`,
        { handler, records, bytes, file },
        "a log on disk was damaged; the rest goes on",
      );
    },
    torn: (handler, bytes) =>
      log.info(
        { handler, bytes },
        "a write that a killed process left unfinished was cut off; nobody had been told of it",
      ),
    trouble(handler, trouble, detail) {
      if (trouble === undefined) log.info({ handler, detail }, "a log on disk takes records again");
      else logFault(`trouble ${handler}`, { handler, trouble, detail }, "a log on disk takes no records");
    },
    deadLettersDropped(handler, letters, why) {
      metrics.deadLettersDropped.inc({ handler, reason: why }, letters);
      logFault(`dead letters ${handler}`, { handler, letters, why }, "dead letters are gone");
    },
    waiting: (directory) => log.warn({ directory }, "another hub has the logs on disk; this one waits for them"),
    unusable: (handler, error) =>
      logFault(`unusable ${handler}`, { handler, err: error }, "a log on disk cannot be used"),
  };
}

function createTransportEvents(
  listener: string,
  metrics: HubMetrics,
  logFault: (key: string, fields: object, message: string) => void,
): TransportEvents {
  const wire = {
    received: metrics.wireBytes.labels(listener, "received"),
    sent: metrics.wireBytes.labels(listener, "sent"),
  };
  return {
    connectionOpened: () => metrics.connections.inc({ listener }),
    connectionClosed(reason) {
      metrics.connections.dec({ listener });
      metrics.connectionsClosed.inc({ listener, reason });
    },
    streamOpened: () => metrics.streams.inc({ listener }),
    streamClosed(_method, status) {
      metrics.streams.dec({ listener });
      metrics.calls.inc({ listener, status: String(status) });
    },
    refused: (reason) => metrics.refused.inc({ listener, reason }),
    protocolError: (reason) => metrics.protocolErrors.inc({ listener, reason }),
    bytes(received, sent) {
      if (received > 0) wire.received.inc(received);
      if (sent > 0) wire.sent.inc(sent);
    },
    handlerFault: (method, error) =>
      logFault(`method ${method}`, { listener, method, err: error }, "a call failed inside the hub"),
  };
}
