import type { EnvoyNode } from "../../schemas/model/access-log.ts";
import { CounterTrack, type FirstSight } from "./counter-track.ts";
import { DeltaWatch } from "./delta-watch.ts";

/** A value of a proxy's statistics. */
export interface Statistic {
  readonly name: string;
  readonly kind: string;
  readonly value: number;
  readonly timestampMs: number;
}

/** What a proxy says of the entries that it logged, since the hub started. */
export interface ProxyStatisticsRow {
  readonly node: string;
  readonly cluster: string;
  readonly version: string | undefined;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Undefined until the proxy has logged something. */
  readonly logsWritten: number | undefined;
  readonly logsDropped: number | undefined;
}

/** Takes the messages of one stream. */
export interface StatisticsReader {
  /** One value of a message. */
  sample(statistic: Statistic): void;
  /** The message has no more. */
  end(nowMs: number): void;
}

/** Envoy's counters of its gRPC access loggers, all of them together, and the seconds since it started. */
const written = "access_logs.grpc_access_log.logs_written";
const dropped = "access_logs.grpc_access_log.logs_dropped";
const uptime = "server.uptime";
/** A message tells each of them once; one that is made to hurt may tell them more often. */
const mostTold = 16;

/** One proxy that pushes its statistics. A new stream takes the place of the one before. */
export class ProxyStatistics {
  private node: EnvoyNode;
  private readonly startedMs: number;
  private readonly entries: () => number;
  private readonly tracks = new Map<string, CounterTrack>();
  private readonly firstSeenMs: number;
  private lastSeenMs: number;
  private leader: object | undefined;
  private firstFlushMs: number | undefined;
  private uptimeS: number | undefined;
  private isYounger = false;
  /** Whether its counters hold growth since the last flush: nothing says so, but totals never fall. */
  sendsDeltas = false;

  /** `startedMs`: when the hub did; `entries`: how many entries of the proxy have arrived since. */
  constructor(node: EnvoyNode, startedMs: number, nowMs: number, entries: () => number) {
    this.node = node;
    this.startedMs = startedMs;
    this.entries = entries;
    this.firstSeenMs = nowMs;
    this.lastSeenMs = nowMs;
  }

  /** What is known of it. */
  row(): ProxyStatisticsRow {
    const { id: node, cluster, userAgentVersion: version } = this.node;
    const total = (name: string) => this.tracks.get(name)?.total(this.sendsDeltas);
    const { firstSeenMs, lastSeenMs } = this;
    return {
      node,
      cluster,
      version,
      firstSeenMs,
      lastSeenMs,
      logsWritten: total(written),
      logsDropped: total(dropped),
    };
  }

  /** A stream of it is open, which may tell another version. */
  open(node: EnvoyNode): StatisticsReader {
    this.node = node;
    const reader = {};
    const watch = new DeltaWatch();
    this.leader = reader;
    let told: Statistic[] = [];
    return {
      sample: (statistic) => {
        const { name, kind, value, timestampMs } = statistic;
        if (this.leader !== reader) return;
        this.firstFlushMs ??= timestampMs;
        if (kind === "counter" && watch.shows(name, value)) this.sendsDeltas = true;
        if (told.length < mostTold && (name === written || name === dropped || name === uptime)) told.push(statistic);
      },
      end: (nowMs) => {
        this.lastSeenMs = nowMs;
        this.take(told, nowMs);
        told = [];
      },
    };
  }

  private take(told: readonly Statistic[], nowMs: number): void {
    const restarted = this.readUptime(told.find(({ name }) => name === uptime)?.value, nowMs);
    for (const statistic of told) if (statistic.name !== uptime) this.track(statistic, restarted);
  }

  /** Whether the proxy has started anew since its last message. */
  private readUptime(seconds: number | undefined, nowMs: number): boolean {
    if (seconds === undefined) return false;
    const restarted = this.uptimeS !== undefined && seconds < this.uptimeS;
    this.uptimeS = seconds;
    // Whole seconds, cut: a proxy that started within the second before the hub is taken for younger, too.
    if (!this.isYounger && nowMs - seconds * 1000 >= this.startedMs) {
      this.isYounger = true;
      for (const track of this.tracks.values()) if (!restarted) track.trust();
    }
    return restarted;
  }

  private track({ name, value, timestampMs }: Statistic, restarted: boolean): void {
    const track = this.tracks.get(name) ?? new CounterTrack();
    this.tracks.set(name, track);
    // A counter that is 0 is not sent: one that was not in the first flush grew later.
    const isWhole = this.isYounger || timestampMs > (this.firstFlushMs ?? timestampMs);
    const first: FirstSight = { isWhole, atMost: name === written ? this.entries() : 0 };
    track.observe(value, first, restarted);
  }
}
