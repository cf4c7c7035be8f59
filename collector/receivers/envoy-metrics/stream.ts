import type { EnvoyNode } from "../../../schemas/model/access-log.ts";
import { DecodeError, decodeStreamMetrics, type MetricsMessage } from "../../decode/metrics.ts";
import { GrpcError, grpcStatus } from "../../transport/grpc.ts";
import type { ClientStream } from "../../transport/grpc-method.ts";
import type { ReceiverEvents } from "../receiver.ts";
import type { StatisticsStream, StatisticsTable } from "../statistics-table.ts";
import type { StatisticsRelay } from "./relay.ts";

/** StreamMetricsResponse has no fields. */
const emptyResponse = new Uint8Array(0);

const samplesAtOnce = 4096;

/**
 * One StreamMetrics call. Statistics of a stream that has named no node belong to nobody: they are counted and passed over. A
 * message whose framing is broken ends this call with INVALID_ARGUMENT.
 */
export function openStream(
  source: string,
  events: ReceiverEvents,
  table: StatisticsTable,
  relay: StatisticsRelay,
): ClientStream {
  let row: StatisticsStream | undefined;
  let open = true;
  events.streamOpened(source);

  const close = () => {
    if (!open) return;
    open = false;
    row?.close();
    events.streamClosed(source);
  };

  const read = (bytes: Uint8Array): MetricsMessage => {
    try {
      return decodeStreamMetrics(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      events.decodeError(source, `message_${error.fault}`);
      close();
      throw new GrpcError(grpcStatus.INVALID_ARGUMENT, error.message);
    }
  };

  const identify = (node: EnvoyNode): void => {
    if (open) row?.close();
    row = table.open(node);
    relay.identify(node);
    if (!open) row.close();
  };

  /** Some thousand values at a time, with other work in between. */
  const take = (samples: MetricsMessage["samples"]): void | Promise<void> => {
    for (let count = 0; count < samplesAtOnce; count++) {
      const { value, done } = samples.next();
      if (done) return row?.end();
      if (value === "malformed") events.decodeError(source, "family_malformed");
      else row?.sample(value);
    }
    return new Promise((resolve) => setImmediate(resolve)).then(() => take(samples));
  };

  return {
    message(bytes) {
      events.message(source, bytes.length);
      const { node, samples } = read(bytes);
      if (node === "malformed") events.decodeError(source, "identifier_malformed");
      else if (node !== undefined) identify(node);
      else if (row === undefined) events.decodeError(source, "identifier_missing");
      row?.message();
      const taken = take(samples);
      if (!relay.isWanted) return taken;
      // Only all values of a message tell whether counters hold growth.
      const passOn = () => relay.take(bytes, row?.sendsDeltas() ?? false);
      return taken === undefined ? passOn() : taken.then(passOn);
    },
    end() {
      close();
      return emptyResponse;
    },
    abort: close,
  };
}
