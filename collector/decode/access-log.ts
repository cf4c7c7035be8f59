import { isDeepStrictEqual } from "node:util";
import type { Identifier, ListenerTrust, StreamOrigin } from "../../schemas/model/access-log.ts";
import { EntryBatch } from "./access-log/batch.ts";
import { createCaches } from "./access-log/caches.ts";
import { LazyAccessLogEntry } from "./access-log/entry.ts";
import type { AccessLogDecodeEvents } from "./access-log/events.ts";
import { parseIdentifier, unknownIdentifier } from "./access-log/identifier.ts";
import { checkMessage, type Range } from "./check-message.ts";

export type { AccessLogDecodeEvents, EntryFault, ValueFault } from "./access-log/events.ts";
export { DecodeError } from "./decode-error.ts";

/** http_logs = 2, tcp_logs = 3. */
const streamAccessLogsMessage = { name: "StreamAccessLogsMessage", lastField: 3 };
/** Entries in one go of a batch: some milliseconds of work. */
const defaultSteps = 4096;

/** Reads Envoy's access log service from bytes. Streams of one decoder share what it remembers; none touches another. */
export interface AccessLogDecoder {
  /** Starts a stream that came in on such a listener. */
  open(listener: ListenerTrust): AccessLogStream;
}

/** One StreamAccessLogs stream. */
export interface AccessLogStream {
  /** Where the stream comes from, as far as it has told: an empty node until the first identifier. */
  readonly origin: StreamOrigin;
  /**
   * The entries of a StreamAccessLogsMessage, over its bytes: they must stay as they are until the last entry is read,
   * and batches are read one after the other. Throws DecodeError if the message's own framing is broken.
   */
  read(message: Uint8Array): EntryBatch;
}

export type { EntryBatch };

/**
 * Makes a decoder for envoy.service.accesslog.v3 (Envoy API v3). Entries before a stream's first identifier are taken
 * under an empty node; a broken identifier is counted and passed over; a later one takes the place of the first.
 */
export function createAccessLogDecoder(events: AccessLogDecodeEvents, steps: number = defaultSteps): AccessLogDecoder {
  const caches = createCaches();
  return {
    open(listener) {
      const entry = new LazyAccessLogEntry(caches, events);
      const identity = createIdentity(listener, events);
      return {
        get origin() {
          return identity.origin;
        },
        read(message) {
          const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
          identity.update(bytes, checkMessage(bytes, streamAccessLogsMessage));
          return new EntryBatch(bytes, identity.origin, entry, events, steps);
        },
      };
    },
  };
}

/** Keeps a stream's origin: the same object until an identifier comes that says something else. */
function createIdentity(listener: ListenerTrust, events: AccessLogDecodeEvents) {
  let origin: StreamOrigin = { identifier: unknownIdentifier, listener };
  let begun = false;
  return {
    get origin() {
      return origin;
    },
    update(bytes: Buffer, range: Range | undefined): void {
      if (range !== undefined) adopt(parseIdentifier(bytes, range.start, range.end));
      else if (!begun) events.identifierMissing();
      begun = true;
    },
  };

  function adopt(identifier: Identifier | undefined): void {
    if (identifier === undefined) events.identifierMalformed();
    else if (!isDeepStrictEqual(identifier, origin.identifier)) origin = { identifier, listener };
  }
}
