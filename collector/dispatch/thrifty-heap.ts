import { setFlagsFromString } from "node:v8";

/** Bytes on disk from which on a log is long. */
const LONG_BYTES = 64 * 1024 * 1024;

/** How much the heap may grow from one collection to the next while a long log is read. */
const THRIFTY_PERCENT = 40;

/** V8 decides. */
const BY_ITSELF = 0;

/** Told of a log's length and of what is left of it to read. */
export type HeapKeeper = (log: object, bytes: number, unread: number) => void;

/**
 * Keeps the heap small while a long log is read back, from when its length is known until nothing of it is left: it makes garbage as
 * fast as the backend takes it, and V8 would rather let the heap grow to a multiple than collect it. Not all the time, since collecting
 * often doubles the cost of what passes through.
 */
export function createHeapKeeper(setFlag: (flag: string) => void): HeapKeeper {
  const longLogs = new Set<object>();
  return (log, bytes, unread) => {
    const before = longLogs.size;
    if (unread === 0) longLogs.delete(log);
    else if (bytes > LONG_BYTES) longLogs.add(log);
    if ((before === 0) === (longLogs.size === 0)) return;
    setFlag(`--heap-growing-percent=${before === 0 ? THRIFTY_PERCENT : BY_ITSELF}`);
  };
}

/** Of this process, whose logs share one heap. */
export const keepHeapSmall = createHeapKeeper(setFlagsFromString);
