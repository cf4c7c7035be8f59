import { isInbound, isReached, isSpanReporter, reporterClass } from "../dimensions.ts";
import type { Coverage } from "./coverage.ts";
import type { ReporterChoice } from "./query.ts";

/** Who reported what, as far as counting goes. */
export interface Reported {
  /** One of `reporterClass`. */
  readonly reporter: number;
  /** The destination service, where it decides whether an entry counts; see `needsService`. */
  readonly service: string;
}

/** Whether it depends on the service if an entry counts. `spans`: whether spans may count in place of access logs. */
export function needsService(reporter: number, spans: boolean): boolean {
  if (reporter === reporterClass.unknown) return false;
  return spans || isReached(reporter) || isSpanReporter(reporter);
}

/**
 * Whether an entry counts. `auto` takes the server's entry; the client's where the request never reached a server, and
 * for services of which no server reports; and entries that do not say who reports. Of services that both access logs and
 * spans tell of, one of the two counts.
 */
export function isCounted({ reporter, service }: Reported, choice: ReporterChoice, coverage: Coverage): boolean {
  if (needsService(reporter, service !== "") && coverage.givesWay(reporter, service)) return false;
  if (choice === "inbound") return isInbound(reporter);
  if (choice === "outbound") return reporter !== reporterClass.unknown && !isInbound(reporter);
  return !isReached(reporter) || !coverage.hasServer(reporter, service);
}
