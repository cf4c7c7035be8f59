import { configSchema, type ListenerConfig } from "../../collector/config/schema.ts";
import type { TransportEvents } from "../../collector/transport/events.ts";
import type { GrpcMethods } from "../../collector/transport/grpc.ts";
import { createGrpcServer, type GrpcServer, type GrpcServerOptions } from "../../collector/transport/grpc-server.ts";

/** Everything a transport reported, by kind. */
export interface SeenEvents extends TransportEvents {
  readonly opened: string[];
  readonly closed: string[];
  readonly streams: string[];
  readonly statuses: number[];
  readonly refusals: string[];
  readonly faults: string[];
  readonly bugs: unknown[];
  receivedBytes: number;
}

/** Events that are kept for looking at. */
export function seeEvents(): SeenEvents {
  return {
    opened: [],
    closed: [],
    streams: [],
    statuses: [],
    refusals: [],
    faults: [],
    bugs: [],
    receivedBytes: 0,
    connectionOpened() {
      this.opened.push("connection");
    },
    connectionClosed(reason) {
      this.closed.push(reason);
    },
    streamOpened(method) {
      this.streams.push(method);
    },
    streamClosed(_method, status) {
      this.statuses.push(status);
    },
    refused(reason) {
      this.refusals.push(reason);
    },
    protocolError(reason) {
      this.faults.push(reason);
    },
    bytes(received) {
      this.receivedBytes += received;
    },
    handlerFault(_method, error) {
      this.bugs.push(error);
    },
  };
}

/** A checked listener on a free loopback port. */
export function aListener(settings: Record<string, unknown> = {}): ListenerConfig {
  const { listeners } = configSchema.parse({ listeners: { grpc: { address: "127.0.0.1:0", ...settings } } });
  return listeners.grpc!;
}

/** A gRPC server that listens, and what it reports. */
export interface TestServer {
  readonly address: string;
  readonly events: SeenEvents;
  readonly server: GrpcServer;
}

/** Starts a server with these methods and listener settings. */
export async function startGrpc(
  methods: GrpcMethods,
  settings: Record<string, unknown> = {},
  options: Partial<GrpcServerOptions> = {},
): Promise<TestServer> {
  const events = seeEvents();
  const server = createGrpcServer({ listener: "grpc", config: aListener(settings), methods, events, ...options });
  const { address } = await server.listen();
  return { address, events, server };
}
