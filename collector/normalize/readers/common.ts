import type { Address } from "../../../schemas/model/access-log.ts";
import { decisionReaders } from "../decision-values.ts";
import { weightOf } from "../event.ts";
import { differenceOf } from "../int64.ts";
import type { Scene } from "../scene.ts";
import { cipherName } from "../tls-ciphers.ts";
import { peerReaders } from "./peers.ts";
import type { Readers } from "./reader.ts";

/** Attributes of every entry. */
export const commonReaders: Readers = {
  "context.signal": () => "accesslog",
  "context.event": (scene) => scene.event,
  "context.protocol": (scene) => scene.protocol,
  "context.time": ({ entry }) => entry.startTime,
  "context.timestamp": ({ entry }) => entry.startTime,
  "context.weight": ({ entry }) => weightOf(entry),
  "context.proxy_error_code": ({ entry }) => entry.responseFlags,
  "context.proxy_version": ({ reporter }) => reporter.version,
  "context.reporter.kind": ({ inbound }) => (inbound ? "inbound" : "outbound"),
  "context.reporter.uid": ({ reporter }) => reporter.uid || undefined,
  "context.reporter.local": ({ inbound }) => inbound,
  "context.reporter.cluster": ({ origin }) => origin.identifier.node.cluster || undefined,
  "context.log_name": ({ origin }) => origin.identifier.logName || undefined,

  "upstream.cluster": ({ entry }) => entry.upstreamCluster,
  "upstream.address": ({ entry }) => entry.upstreamRemoteAddress?.ip,
  "upstream.attempts": ({ entry }) => entry.upstreamRequestAttemptCount,
  "upstream.duration": ({ entry }) => differenceOf(entry.timeToLastUpstreamRxByte, entry.timeToFirstUpstreamTxByte),
  "upstream.first_byte.duration": ({ entry }) =>
    differenceOf(entry.timeToFirstUpstreamRxByte, entry.timeToFirstUpstreamTxByte),
  "upstream.failure": ({ entry }) => entry.upstreamTransportFailureReason,

  "connection.mtls": ({ tls }) => tls.mutual,
  "connection.requested_server_name": ({ entry }) => entry.tls?.sni,
  "connection.tls.version": ({ entry }) => entry.tls?.version,
  "connection.tls.cipher": ({ entry }) => {
    const suite = entry.tls?.cipherSuite;
    return suite === undefined ? undefined : cipherName(suite);
  },
  "connection.termination": ({ entry }) => entry.connectionTerminationDetails,

  ...decisionReaders,

  "origin.ip": ({ entry }) => entry.downstreamRemoteAddress?.ip,
  "source.ip": ({ entry }) => entry.downstreamDirectRemoteAddress?.ip,
  "destination.ip": (scene) => destinationAddress(scene)?.ip,
  "destination.port": (scene) => destinationAddress(scene)?.port,
  "destination.service.host": ({ service }) => service.host,
  "destination.service.name": ({ service }) => service.name,
  "destination.service.namespace": ({ service }) => service.namespace,
  "destination.service.uid": ({ service }) => service.uid,
  "destination.service.subset": ({ subset }) => subset,
  ...peerReaders,
};

/** Where the reporter took the request, or sent it. */
function destinationAddress({ entry, inbound }: Scene): Address | undefined {
  return inbound ? entry.downstreamLocalAddress : entry.upstreamRemoteAddress;
}
