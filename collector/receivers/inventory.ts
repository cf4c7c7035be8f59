import type { FastifyInstance } from "fastify";
import type { ListenerConfig } from "../config/schema.ts";
import type { GrpcMethods } from "../transport/grpc.ts";
import { createStandardServices } from "../transport/standard-services.ts";
import type { MessageSink } from "../transport/syslog/server.ts";
import { envoyAls } from "./envoy-als/index.ts";
import { envoyMetrics } from "./envoy-metrics/index.ts";
import { envoyRls } from "./envoy-rls/index.ts";
import { extAuthz } from "./ext-authz/index.ts";
import { jsonCheck } from "./json-check/index.ts";
import { jsonReport } from "./json-report/index.ts";
import { otlp } from "./otlp/index.ts";
import { createProxyTable, type ProxyTable } from "./proxies.ts";
import type { GrpcListener, Intake, LogListener, ReceiverDefinition, ReceiverEvents } from "./receiver.ts";
import { syslog } from "./syslog/index.ts";
import { zipkin } from "./zipkin/index.ts";

/** Every way in, one line each. */
export const receivers: readonly ReceiverDefinition[] = [
  envoyAls,
  envoyMetrics,
  otlp,
  zipkin,
  jsonReport,
  syslog,
  jsonCheck,
  extAuthz,
  envoyRls,
];

/** What all receivers work with. */
export interface ReceiversOptions {
  readonly intake: Intake;
  readonly events: ReceiverEvents;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The receivers at work. */
export interface OpenReceivers {
  /** Every gRPC method of a listener with these settings, health and reflection among them. */
  grpcMethods(name: string, listener: GrpcListener): GrpcMethods;
  /** Adds the HTTP routes of all receivers to the server of a listener with these settings. */
  mount(server: FastifyInstance, listener: ListenerConfig): void;
  /** What takes the messages of a syslog listener with these settings. */
  messages(listener: LogListener): MessageSink;
  /** What health tells from now on; not serving at first. */
  setServing(serving: boolean): void;
  /** The proxies that report. */
  readonly proxies: ProxyTable;
}

/** Opens all receivers. */
export function openReceivers({ intake, events, now }: ReceiversOptions): OpenReceivers {
  const proxies = createProxyTable(now);
  const open = receivers.map((receiver) => receiver.open({ intake, events, proxies, now }));
  const standard = createStandardServices(receivers.flatMap(({ services }) => services));
  return {
    grpcMethods: (_name, listener) =>
      new Map([...standard.methods, ...open.flatMap((receiver) => [...receiver.methods(listener)])]),
    mount: (server, listener) => {
      for (const receiver of open) receiver.mount?.(server, listener);
    },
    messages(listener) {
      const sink = open.map((receiver) => receiver.messages?.(listener)).find((each) => each !== undefined);
      if (sink === undefined) throw new Error("no receiver takes syslog");
      return sink;
    },
    setServing: standard.setServing,
    proxies,
  };
}
