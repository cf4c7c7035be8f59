import type { LogEntryInstance, Timestamp } from "../../schemas/model/instance.ts";

/** Lines of which it is known how often they came at their time. */
const remembered = 20_000;

/**
 * Dates lines in nanoseconds. Loki takes the same line at the same time of one stream for one that was sent twice: lines that are alike
 * are dated a nanosecond after one another. An entry that is sent again keeps its time, so that Loki does know it.
 */
export function createTimes(): (entry: LogEntryInstance, stream: string, line: string) => string {
  const given = new WeakMap<LogEntryInstance, string>();
  /** How often a line came at a time, by hash; of two with the same hash, one is a nanosecond late. */
  const met = new Map<number, number>();

  const timeOf = ({ time }: LogEntryInstance, stream: string, line: string): string => {
    const nanoseconds = nanosecondsOf(time);
    const key = hashOf(`${nanoseconds} ${stream} ${line}`);
    const before = met.get(key) ?? 0;
    met.delete(key);
    met.set(key, before + 1);
    if (met.size > remembered) met.delete(met.keys().next().value!);
    return String(nanoseconds + BigInt(before));
  };

  return (entry, stream, line) => {
    const time = given.get(entry) ?? timeOf(entry, stream, line);
    given.set(entry, time);
    return time;
  };
}

function nanosecondsOf({ seconds, nanos }: Timestamp): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** Two 32-bit hashes (FNV-1a with two primes) as one number of 53 bits. */
function hashOf(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return (a >>> 0) * 0x200000 + (b >>> 11);
}
