import type { DescService } from "@bufbuild/protobuf";
import type { FastifyInstance } from "fastify";
import type { AccessLogBatch, ListenerTrust } from "../../schemas/model/access-log.ts";
import type {
  CheckCall,
  CheckListener,
  CheckReceipt,
  LimitCall,
  LimitReceipt,
} from "../../schemas/model/check-request.ts";
import type { MetricBatch } from "../../schemas/model/metric.ts";
import type { RecordBatch, RecordReceipt } from "../../schemas/model/raw-record.ts";
import type { Receipt } from "../../schemas/model/receipt.ts";
import type { SpanBatch } from "../../schemas/model/span.ts";
import type { ListenerConfig } from "../config/schema.ts";
import type { GrpcMethods } from "../transport/grpc.ts";
import type { MessageSink } from "../transport/syslog/server.ts";
import type { ProxyTable } from "./proxies.ts";

/** Where receivers hand over what they have read. A pending promise means: read nothing further from that sender. */
export interface Intake {
  /** Reads the batch to its end, as far as it goes for now. */
  reportAccessLogs(batch: AccessLogBatch): Receipt | Promise<Receipt>;
  /** Takes what it can of the records, and says of each other why not. */
  reportRecords(batch: RecordBatch): RecordReceipt | Promise<RecordReceipt>;
  /** Reads the spans as far as they go for now. */
  reportSpans(batch: SpanBatch): Receipt | Promise<Receipt>;
  /** Reads the metrics as far as they go for now. */
  reportMetrics(batch: MetricBatch): Receipt | Promise<Receipt>;
  /** Whether any rule takes metrics of others; else there is no sense in reporting them. */
  takesMetrics(): boolean;
  /** Decides on a request. Never rejects; takes no longer than the asker waits. */
  check(call: CheckCall): CheckReceipt | Promise<CheckReceipt>;
  /** Answers a rate limit request, each descriptor of it. Never rejects; takes no longer than the asker waits. */
  limit(call: LimitCall): LimitReceipt | Promise<LimitReceipt>;
}

/** What receivers tell, to be counted; `source` is the receiver's. */
export interface ReceiverEvents {
  streamOpened(source: string): void;
  /** The stream is over, however it ended. */
  streamClosed(source: string): void;
  /** A message arrived; `bytes` without framing and compression. */
  message(source: string, bytes: number): void;
  /** That many data points of metrics were taken, or refused. */
  points(source: string, accepted: number, rejected: number): void;
  /** Something in a message was passed over or left out, or the message was refused. */
  decodeError(source: string, reason: string): void;
}

/** What a receiver works with. */
export interface ReceiverHost {
  readonly intake: Intake;
  readonly events: ReceiverEvents;
  readonly proxies: ProxyTable;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What log lines need to know of their listener. */
export type LogListener = Pick<ListenerConfig, "reporter" | "syslog">;

/** What gRPC methods need to know of their listener. */
export type GrpcListener = Pick<ListenerConfig, "reporter" | "trustForwardedClientCert" | "default" | "trustedHops"> &
  Partial<Pick<ListenerConfig, "rateLimitHeaders">>;

/** What a listener says of access logs that come in on it. */
export function trustOf({ reporter = "outbound", trustForwardedClientCert }: GrpcListener): ListenerTrust {
  return { reporter, trustForwardedClientCert };
}

/** What a listener says of checks that come in on it. */
export function checkListenerOf({ reporter = "inbound", trustedHops }: GrpcListener): CheckListener {
  return { reporter, trustedHops };
}

/** A receiver at work. */
export interface Receiver {
  /** The gRPC methods it answers on a listener with these settings. */
  methods(listener: GrpcListener): GrpcMethods;
  /** Adds its routes to the HTTP server of a listener. */
  mount?(server: FastifyInstance, listener: ListenerConfig): void;
  /** Takes the messages of a syslog listener. */
  messages?(listener: LogListener): MessageSink;
}

/** One way in. */
export interface ReceiverDefinition {
  /** Name of the receiver, as in its folder. */
  readonly type: string;
  /** Records that came this way are counted under this source. */
  readonly source: string;
  /** What it is for, in a sentence. */
  readonly summary: string;
  /** The gRPC services it answers, for reflection and health. */
  readonly services: readonly DescService[];
  open(host: ReceiverHost): Receiver;
}

/** Declares a receiver; opens nothing. */
export function defineReceiver(definition: ReceiverDefinition): ReceiverDefinition {
  return definition;
}
