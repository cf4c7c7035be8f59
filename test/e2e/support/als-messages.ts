import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type {
  HTTPAccessLogEntrySchema,
  TCPAccessLogEntrySchema,
} from "../../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { AccessLogType } from "../../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { StreamAccessLogsMessageSchema } from "../../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";

/** Values of an HTTP entry, absent fields left out. */
export type HttpEntry = MessageInitShape<typeof HTTPAccessLogEntrySchema>;
/** Values of a TCP entry, absent fields left out. */
export type TcpEntry = MessageInitShape<typeof TCPAccessLogEntrySchema>;

/** First message of a stream: who sends. */
export function identifierMessage(id: string, cluster = "app", logName = "http_envoy_accesslog"): Uint8Array {
  return encode({ identifier: { node: { id, cluster }, logName } });
}

/** A message with HTTP entries. */
export function httpMessage(entries: readonly HttpEntry[]): Uint8Array {
  return encode({ logEntries: { case: "httpLogs", value: { logEntry: [...entries] } } });
}

/** A message with TCP entries. */
export function tcpMessage(entries: readonly TcpEntry[]): Uint8Array {
  return encode({ logEntries: { case: "tcpLogs", value: { logEntry: [...entries] } } });
}

function encode(message: MessageInitShape<typeof StreamAccessLogsMessageSchema>): Uint8Array {
  return toBinary(StreamAccessLogsMessageSchema, create(StreamAccessLogsMessageSchema, message));
}

/** What tells one request's entry from another's in a test. */
export interface RequestValues {
  readonly id: string;
  readonly type?: AccessLogType;
  readonly path?: string;
  readonly authority?: string;
  readonly userAgent?: string;
  readonly code?: number;
  /** Of envoy.config.core.v3.RequestMethod; GET by default. */
  readonly method?: number;
}

/** An entry as a proxy writes it for one request, at one of its stages; final by default. */
export function requestEntry({
  id,
  type = AccessLogType.DownstreamEnd,
  path = "/",
  authority = "shop.example",
  userAgent = "driver",
  code = 200,
  method = 1,
}: RequestValues): HttpEntry {
  const final = type === AccessLogType.DownstreamEnd || type === AccessLogType.UpstreamEnd;
  return {
    commonProperties: {
      startTime: { seconds: 1_800_000_000n, nanos: 0 },
      ...(final && { duration: { seconds: 0n, nanos: 3_000_000 } }),
      upstreamCluster: "shop",
      streamId: id,
      accessLogType: type,
    },
    request: { requestMethod: method, scheme: "http", authority, path, userAgent, requestId: id },
    ...(final && { response: { responseCode: code, responseBodyBytes: 10n } }),
  };
}

const digits = 7;
const marker = "#".repeat(digits);

/**
 * Makes messages of entries that differ only in a number of seven digits, much faster than encoding each: `entryOf` gives
 * the entry for a text, which must stand in it as it is; the result gives the message whose entries have the numbers
 * from `first` on.
 */
export function numberedMessages(entries: number, entryOf: (text: string) => HttpEntry): (first: number) => Buffer {
  const template = Buffer.from(httpMessage(Array.from({ length: entries }, () => entryOf(marker))));
  const places: number[] = [];
  for (let at = template.indexOf(marker); at >= 0; at = template.indexOf(marker, at + digits)) places.push(at);
  const perEntry = places.length / entries;
  return (first) => {
    const message = Buffer.from(template);
    for (const [index, at] of places.entries()) {
      const number = first + Math.floor(index / perEntry);
      message.write(String(number).padStart(digits, "0"), at, "latin1");
    }
    return message;
  };
}
