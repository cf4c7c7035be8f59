import { createHash } from "node:crypto";
import type { Int64 } from "../../schemas/model/value.ts";
import { subtractInt64 } from "./int64.ts";

/** What one entry of a connection adds to those before it. */
export interface ConnectionGrowth {
  /** The first entry seen of this connection. */
  readonly opened: boolean;
  /** The connection had ended before: another logger tells of it once more. */
  readonly again: boolean;
  /** Bytes since the last entry; the total when none was seen, absent where the entry has none. */
  readonly received: Int64 | undefined;
  readonly sent: Int64 | undefined;
}

/** Whether an entry tells anything new; a connection that ended before and has not grown since counts no more. */
export function tellsNews({ again, received, sent }: ConnectionGrowth): boolean {
  return !again || (received ?? 0) > 0 || (sent ?? 0) > 0;
}

/** Connections that proxies are reporting on, shared by all streams, so that each counts once. Bounded. */
export interface ConnectionTable {
  /** Takes note of an entry. `id` names one connection of one proxy. */
  note(id: string, ended: boolean, received: Int64 | undefined, sent: Int64 | undefined): ConnectionGrowth;
  /** Connections held: not ended, and ended lately. */
  readonly live: number;
  readonly ended: number;
  /** Connections forgotten before their end since there were too many; what they report next counts from zero. */
  readonly forgotten: number;
}

/** How much a table keeps. */
export interface ConnectionTableOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Connections not ended, at once. */
  readonly maxLive?: number;
  /** Connections ended, kept so that a second report of them is known as such. */
  readonly maxEnded?: number;
  /** How long ended connections are kept. */
  readonly endedMs?: number;
}

interface Seen {
  received: Int64;
  sent: Int64;
  endedAt: number;
}

const MAX_ID_LENGTH = 256;

/** Makes an empty table. The connection that was silent longest gives way to a new one. */
export function createConnectionTable(options: ConnectionTableOptions): ConnectionTable {
  const { now, maxLive = 65_536, maxEnded = 16_384, endedMs = 300_000 } = options;
  const live = new Map<string, Seen>();
  const ended = new Map<string, Seen>();
  let forgotten = 0;

  function end(id: string, seen: Seen): void {
    live.delete(id);
    seen.endedAt = now();
    ended.set(id, seen);
    for (const [oldest, { endedAt }] of ended) {
      if (ended.size <= maxEnded && endedAt + endedMs >= seen.endedAt) break;
      ended.delete(oldest);
    }
  }

  function keep(id: string, seen: Seen): void {
    live.delete(id);
    live.set(id, seen);
    if (live.size <= maxLive) return;
    for (const oldest of live.keys()) {
      live.delete(oldest);
      forgotten++;
      break;
    }
  }

  return {
    note(longId, ending, received, sent) {
      const id = longId.length > MAX_ID_LENGTH ? digest(longId) : longId;
      const before = ended.get(id);
      const known = before ?? live.get(id);
      const seen = known ?? { received: 0, sent: 0, endedAt: 0 };
      const growth: ConnectionGrowth = {
        opened: known === undefined,
        again: before !== undefined,
        received: received === undefined ? undefined : growthTo(received, seen.received),
        sent: sent === undefined ? undefined : growthTo(sent, seen.sent),
      };
      if (received !== undefined && received > seen.received) seen.received = received;
      if (sent !== undefined && sent > seen.sent) seen.sent = sent;
      if (before === undefined) {
        if (ending) end(id, seen);
        else keep(id, seen);
      }
      return growth;
    },
    get live() {
      return live.size;
    },
    get ended() {
      return ended.size;
    },
    get forgotten() {
      return forgotten;
    },
  };
}

/** How far a total grew; totals never shrink, so an entry that comes late adds nothing. */
function growthTo(total: Int64, before: Int64): Int64 {
  return total > before ? subtractInt64(total, before) : 0;
}

/** Stands for an id too long to keep. */
function digest(id: string): string {
  return createHash("sha256").update(id).digest("base64");
}
