import type { Receipt } from "../../../schemas/model/receipt.ts";
import { type AccessLogStream, DecodeError, type EntryBatch } from "../../decode/access-log.ts";
import { GrpcError, grpcStatus } from "../../transport/grpc.ts";
import type { ClientStream } from "../../transport/grpc-method.ts";
import type { ReceiverHost } from "../receiver.ts";
import { createSighting } from "./sighting.ts";

/** StreamAccessLogsResponse has no fields. */
const emptyResponse = new Uint8Array(0);

/**
 * One StreamAccessLogs call: every message goes to the intake in turns of some thousand entries, and the next is not
 * read before. A message whose framing is broken ends this call with INVALID_ARGUMENT. Messages that were on their way
 * when the server ended the call are taken, too.
 */
export function openStream(source: string, stream: AccessLogStream, host: ReceiverHost): ClientStream {
  const { intake, events, proxies } = host;
  const sighting = createSighting(proxies);
  let open = true;
  events.streamOpened(source);

  const close = () => {
    if (!open) return;
    open = false;
    sighting.close();
    events.streamClosed(source);
  };

  const read = (bytes: Uint8Array): EntryBatch => {
    try {
      return stream.read(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      events.decodeError(source, `message_${error.fault}`);
      close();
      throw new GrpcError(grpcStatus.INVALID_ARGUMENT, error.message);
    }
  };

  const report = (batch: EntryBatch): void | Promise<void> => {
    const receipt = intake.reportAccessLogs(batch);
    return receipt instanceof Promise ? receipt.then((late) => goOn(batch, late)) : goOn(batch, receipt);
  };

  const goOn = (batch: EntryBatch, receipt: Receipt): void | Promise<void> => {
    sighting.taken(receipt);
    if (!batch.more) return;
    batch.resume();
    return new Promise((resolve) => setImmediate(resolve)).then(() => report(batch));
  };

  return {
    message(bytes) {
      events.message(source, bytes.length);
      const batch = read(bytes);
      sighting.message(batch.origin.identifier);
      return report(batch);
    },
    end() {
      close();
      return emptyResponse;
    },
    abort: close,
  };
}
