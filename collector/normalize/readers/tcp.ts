import { connectionEventOf } from "../event.ts";
import type { Readers } from "./reader.ts";

/** Attributes of TCP entries only. */
export const tcpReaders: Readers = {
  "connection.id": ({ entry }) => entry.streamId,
  "connection.event": ({ event, growth }) => (growth.again ? undefined : connectionEventOf(event)),
  "connection.opened": ({ growth }) => growth.opened,
  "connection.received.bytes": ({ growth }) => growth.received,
  "connection.received.bytes_total": ({ entry }) => entry.receivedBytes,
  "connection.sent.bytes": ({ growth }) => growth.sent,
  "connection.sent.bytes_total": ({ entry }) => entry.sentBytes,
  "connection.duration": ({ entry, event }) => (event === "end" ? entry.duration : undefined),
};
