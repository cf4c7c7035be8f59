import type { ServerOptions } from "node:http2";
import type { ListenerLimits } from "../config/schema.ts";

/** Receive windows in bytes: streams of access logs run several times faster than with the 64 KiB of the standard. */
export const windows = { stream: 1_048_576, session: 4_194_304 } as const;

/**
 * What a peer may do often but not in floods: how many at once, and how many each second after that. Pings are free
 * again whenever we sent something, since clients measure bandwidth with them. Resets come back with calls that end well.
 */
export const budgets = {
  pings: { burst: 100, perSecond: 20 },
  settings: { burst: 50, perSecond: 1 },
  resets: { burst: 1000, perSecond: 100 },
} as const;

/** Most bytes of answers waiting for one reader, in case a handler does not wait for `send`. */
export const maxUnsentBytes = 4_194_304;

/** How long a call that we ended may still bring messages that were on their way. */
export const lateMs = 500;

/** How long a connection may take to close by itself after its GOAWAY, before its socket is destroyed. */
export const lingerMs = 1000;

/** node resets streams with larger headers unseen; up to this many times the limit they are answered and counted. */
const headerSlack = 4;

/** node:http2's own limits, set from the listener's. */
export function toSessionOptions(limits: ListenerLimits): ServerOptions {
  return {
    settings: {
      initialWindowSize: windows.stream,
      maxConcurrentStreams: limits.maxStreams,
      maxHeaderListSize: headerSlack * limits.maxHeaderBytes,
      enablePush: false,
    },
    maxHeaderListPairs: headerSlack * limits.maxHeaders,
    maxSettings: 32,
    maxSessionMemory: 16, // megabytes of node's own buffers; more streams are refused above it
    maxSessionInvalidFrames: 1000,
    maxSessionRejectedStreams: 1000,
    maxOutstandingPings: 10,
    // Ours refunds resets against calls that end well; node's only stands behind it.
    streamResetBurst: 10_000,
    streamResetRate: 1000,
  };
}

/** How often a listener looks after its connections: often enough for its shortest time limit. */
export function sweepEveryMs(limits: ListenerLimits): number {
  const times = [
    limits.idleTimeoutMs,
    limits.maxConnectionAgeMs,
    limits.maxConnectionAgeGraceMs,
    limits.keepaliveIntervalMs,
    limits.keepaliveTimeoutMs,
    limits.handshakeTimeoutMs,
    limits.messageTimeoutMs,
    limits.sendTimeoutMs,
  ];
  return Math.min(1000, Math.max(10, Math.min(...times.filter((time) => time > 0)) / 4));
}
