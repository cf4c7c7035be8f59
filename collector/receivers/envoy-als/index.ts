import { accessLogService, streamAccessLogs } from "../../decode/access-log/service.ts";
import { createAccessLogDecoder } from "../../decode/access-log.ts";
import { clientStreaming } from "../../transport/grpc-method.ts";
import { defineReceiver, type ReceiverEvents, trustOf } from "../receiver.ts";
import { openStream } from "./stream.ts";

const source = "accesslog";

/** Takes Envoy's access logs, HTTP and TCP, over envoy.service.accesslog.v3. */
export const envoyAls = defineReceiver({
  type: "envoy-als",
  source,
  summary: "Envoy's gRPC access log service v3, HTTP and TCP entries.",
  services: [accessLogService],
  open(host) {
    const { events } = host;
    const decoder = createAccessLogDecoder(decodeEvents(events));
    return {
      methods(listener) {
        const trust = trustOf(listener);
        const open = () => openStream(source, decoder.open(trust), host);
        return new Map([[streamAccessLogs, clientStreaming(open, { takesLateMessages: true })]]);
      },
    };
  },
});

/** What the decoder tells, as reasons under one count. */
function decodeEvents(events: ReceiverEvents) {
  return {
    entry: (fault: string) => events.decodeError(source, `entry_${fault}`),
    value: (fault: string) => events.decodeError(source, `value_${fault}`),
    identifierMissing: () => events.decodeError(source, "identifier_missing"),
    identifierMalformed: () => events.decodeError(source, "identifier_malformed"),
  };
}
