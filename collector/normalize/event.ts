import type { AccessLogEntry } from "../../schemas/model/access-log.ts";

/** Which entry of a request or connection one is. */
export type EntryEvent = "start" | "periodic" | "upstream" | "end";

/** What an entry says of a connection. */
export type ConnectionEvent = "open" | "continue" | "close";

/** AccessLogType (envoy.data.accesslog.v3) by number; NotSet is not here, as its duration decides. */
const events: readonly (EntryEvent | undefined)[] = [
  undefined,
  "upstream", // TcpUpstreamConnected
  "periodic", // TcpPeriodic
  "end", // TcpConnectionEnd
  "start", // DownstreamStart
  "periodic", // DownstreamPeriodic
  "end", // DownstreamEnd
  "upstream", // UpstreamPoolReady
  "upstream", // UpstreamPeriodic
  "upstream", // UpstreamEnd
  "periodic", // DownstreamTunnelSuccessfullyEstablished
  "upstream", // UdpTunnelUpstreamConnected
  "periodic", // UdpPeriodic
  "end", // UdpSessionEnd
  "start", // TcpConnectionStart
];

const NOT_SET = 0;

/** Which entry of a request or connection this is; undefined for a type that is not known. */
export function eventOf({ accessLogType, duration }: AccessLogEntry): EntryEvent | undefined {
  if (accessLogType === NOT_SET) return duration === undefined ? "periodic" : "end";
  return events[accessLogType];
}

/** What a TCP entry says of its connection, by which entry it is. */
export function connectionEventOf(event: EntryEvent | undefined): ConnectionEvent | undefined {
  switch (event) {
    case "start":
    case "upstream":
      return "open";
    case "periodic":
      return "continue";
    case "end":
      return "close";
    default:
      return undefined;
  }
}

/** The weight of a sampled entry (1 / sample rate); undefined for one that stands for itself. */
export function weightOf({ sampleRate }: AccessLogEntry): number | undefined {
  if (sampleRate === undefined || !(sampleRate > 0 && sampleRate < 1)) return undefined;
  const weight = 1 / sampleRate;
  return Number.isFinite(weight) ? weight : undefined;
}
