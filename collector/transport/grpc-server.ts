import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { ListenerConfig } from "../config/schema.ts";
import { formatAddress } from "./address.ts";
import { bind } from "./bind.ts";
import type { TransportEvents } from "./events.ts";
import type { GrpcMethods } from "./grpc.ts";
import { Connection, type ConnectionHost } from "./grpc-connection.ts";
import { sweepEveryMs } from "./limits.ts";
import { MemoryLedger } from "./memory.ts";
import { refuseHttp1, refuseSession } from "./refuse-connection.ts";
import { createTlsSource, type TlsEvents, type TlsSource } from "./tls.ts";

export type { TransportEvents } from "./events.ts";

/** What a gRPC server is made of. */
export interface GrpcServerOptions {
  /** Name of the listener. */
  readonly listener: string;
  readonly config: ListenerConfig;
  readonly methods: GrpcMethods;
  readonly events: TransportEvents;
  /** Told when certificates are read again. */
  readonly tlsEvents?: TlsEvents;
  /** Lets another process bind the same address while this one drains (SO_REUSEPORT). */
  readonly reusePort?: boolean;
  /** Monotonic milliseconds; performance.now by default. */
  readonly now?: () => number;
  /** A number from 0 to 1; Math.random by default. */
  readonly random?: () => number;
}

/** A listening gRPC server. */
export interface GrpcServer {
  /** Binds the address; gives it as bound. Rejects with LISTEN_FAILED or TLS_INVALID. */
  listen(): Promise<{ address: string }>;
  /** Closes the listening socket only, so that a successor can take the address; calls go on. */
  stopListening(): void;
  /** Stops listening, ends streams that can end well, gives the rest `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>;
  /** Closes everything at once. */
  close(): Promise<void>;
  /** What is open now. */
  live(): { readonly connections: number; readonly calls: number; readonly heldBytes: number };
}

/** Makes a gRPC server over HTTP/2, with TLS if the listener has it. Faults of peers are counted and never thrown. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { config, events } = options;
  const connections = new Set<Connection>();
  let sweeper: NodeJS.Timeout | undefined;
  let server: Server | undefined;
  let tls: TlsSource | undefined;
  let draining = false;
  let emptied = Promise.withResolvers<void>();

  const host: ConnectionHost = {
    listener: options.listener,
    limits: config.limits,
    methods: options.methods,
    events,
    memory: new MemoryLedger(config.limits.maxBufferedBytes),
    calls: 0,
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
    closed(connection) {
      connections.delete(connection);
      if (connections.size === 0) emptied.resolve();
    },
  };

  const accept = (socket: Socket, spiffeId: string | undefined) => {
    if (socket.destroyed) return;
    const address = formatAddress({ host: socket.remoteAddress ?? "unknown", port: socket.remotePort ?? 0 });
    const connection = new Connection(socket, { address, spiffeId }, host);
    connections.add(connection);
    if (draining) connection.retire("drain", 0); // its handshake was under way
  };

  const acceptSecure = (socket: TLSSocket, source: TlsSource) => {
    socket.on("error", () => {}); // told by "close"
    const peer = source.authorize(socket);
    if (socket.alpnProtocol !== "h2") {
      events.refused("alpn");
      refuseHttp1(socket, "gRPC needs HTTP/2: offer h2 by ALPN");
    } else if ("refused" in peer) {
      events.refused(peer.refused);
      refuseSession(socket, peer.message);
    } else accept(socket, peer.spiffeId);
  };

  const open = (): Server => {
    if (config.tls === undefined) {
      return createPlainServer({ noDelay: true }, (socket) => accept(socket, undefined));
    }
    const source = createTlsSource(config.tls, options.tlsEvents);
    tls = source;
    const secure = createTlsServer(
      { ...source.options(), ALPNProtocols: ["h2"], handshakeTimeout: config.limits.handshakeTimeoutMs, noDelay: true },
      (socket) => acceptSecure(socket, source),
    );
    secure.on("tlsClientError", (_error, socket) => {
      events.refused("tls");
      socket.destroy();
    });
    source.onChange((changed) => secure.setSecureContext(changed));
    return secure;
  };

  const stopListening = () => {
    if (server?.listening) server.close();
  };

  const empty = async () => {
    if (connections.size === 0) return;
    emptied = Promise.withResolvers();
    await emptied.promise;
  };

  const finish = () => {
    clearInterval(sweeper);
    tls?.close();
  };

  return {
    async listen() {
      server = open();
      server.maxConnections = config.limits.maxConnections;
      server.on("drop", () => events.refused("connections"));
      const address = await bind(server, config.address, options.reusePort === true).catch((error: unknown) => {
        finish();
        throw error;
      });
      sweeper = setInterval(() => {
        const now = host.now();
        for (const connection of connections) connection.sweep(now);
      }, sweepEveryMs(config.limits));
      return { address };
    },
    stopListening,
    async drain(graceMs) {
      stopListening();
      draining = true;
      for (const connection of connections) connection.retire("drain", graceMs);
      const overdue = setTimeout(() => {
        for (const connection of connections) connection.close("drain");
      }, graceMs);
      await empty();
      clearTimeout(overdue);
      finish();
    },
    async close() {
      stopListening();
      draining = true;
      for (const connection of connections) connection.close("shutdown");
      await empty();
      finish();
    },
    live: () => ({ connections: connections.size, calls: host.calls, heldBytes: host.memory.heldBytes }),
  };
}
