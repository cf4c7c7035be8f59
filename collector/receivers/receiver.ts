import type { DescService } from "@bufbuild/protobuf";
import type { AccessLogBatch, ListenerTrust } from "../../schemas/model/access-log.ts";
import type { Receipt } from "../../schemas/model/receipt.ts";
import type { GrpcMethods } from "../transport/grpc.ts";
import type { ProxyTable } from "./proxies.ts";

/** Where receivers hand over what they have read. A pending promise means: read nothing further from that sender. */
export interface Intake {
  /** Reads the batch to its end, as far as it goes for now. */
  reportAccessLogs(batch: AccessLogBatch): Receipt | Promise<Receipt>;
}

/** What receivers tell, to be counted; `source` is the receiver's. */
export interface ReceiverEvents {
  streamOpened(source: string): void;
  /** The stream is over, however it ended. */
  streamClosed(source: string): void;
  /** A message arrived; `bytes` without framing and compression. */
  message(source: string, bytes: number): void;
  /** Something in a message was passed over or left out, or the message was refused. */
  decodeError(source: string, reason: string): void;
}

/** What a receiver works with. */
export interface ReceiverHost {
  readonly intake: Intake;
  readonly events: ReceiverEvents;
  readonly proxies: ProxyTable;
}

/** A receiver at work: the methods it answers on a listener with these settings. */
export interface Receiver {
  methods(listener: ListenerTrust): GrpcMethods;
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
