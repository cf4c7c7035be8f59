import { type DiagLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { type PartialSuccess, parseExportJson } from "../partial-success.ts";

const nothing: PartialSuccess = { rejected: 0, message: "" };
const PARTIAL_SUCCESS = "Received Partial Success response:";

/**
 * What a backend said of spans that it took. The exporter tells only OpenTelemetry's log, of which a process has one; but it does so
 * right before it calls back, in the same turn, so that what was said last is of this answer.
 */
const last = { said: nothing };

/** Listens to OpenTelemetry's log; once more than once is harmless. */
export function hearRemarks(): void {
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}

/** What was said of the answer whose call-back this is. */
export function takeRemark(): PartialSuccess {
  const { said } = last;
  last.said = nothing;
  return said;
}

const ignore = () => {};
const logger: DiagLogger = {
  ...{ error: ignore, info: ignore, debug: ignore, verbose: ignore },
  warn(message, json) {
    if (message === PARTIAL_SUCCESS && typeof json === "string")
      last.said = parseExportJson(`{"partialSuccess":${json}}`);
  },
};
