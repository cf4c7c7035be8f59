import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { bind } from "../bind.ts";
import type { CloseReason } from "../events.ts";
import { sweepEveryMs } from "../limits.ts";
import { MemoryLedger } from "../memory.ts";
import { createTlsSource, type TlsSource } from "../tls.ts";
import { type Connection, openConnection } from "./connection.ts";
import type { SyslogServer, SyslogServerOptions } from "./server.ts";

/** Senders learn of the end only when they write again. */
const LINGER_MS = 1000;

/** Messages by octet count or line (RFC 6587), over TLS if the listener has it (RFC 5425). */
export function createTcpServer(options: SyslogServerOptions, maxBytes: number): SyslogServer {
  const { config, events, tlsEvents, sink } = options;
  const { limits } = config;
  const connections = new Set<Connection>();
  const memory = new MemoryLedger(limits.maxBufferedBytes);
  let tls: TlsSource | undefined;
  let server: Server | undefined;
  let sweeper: NodeJS.Timeout | undefined;

  const accept = (socket: Socket) => {
    if (socket.destroyed) return;
    events.connectionOpened();
    const closed = (reason: CloseReason) => {
      connections.delete(connection);
      events.connectionClosed(reason);
    };
    const connection = openConnection(socket, { limits, maxBytes, sink, events, memory, closed });
    connections.add(connection);
  };

  const acceptSecure = (socket: TLSSocket, source: TlsSource) => {
    const peer = source.authorize(socket);
    if (!("refused" in peer)) return accept(socket);
    events.refused(peer.refused);
    socket.on("error", () => {}).destroy();
  };

  const open = (): Server => {
    if (config.tls === undefined) return createPlainServer(accept);
    const source = createTlsSource(config.tls, tlsEvents);
    tls = source;
    const secure = createTlsServer({ ...source.options(), handshakeTimeout: limits.handshakeTimeoutMs }, (socket) =>
      acceptSecure(socket, source),
    );
    secure.on("tlsClientError", (_error, socket) => {
      events.refused("tls");
      socket.destroy();
    });
    source.onChange((changed) => secure.setSecureContext(changed));
    return secure;
  };

  return {
    async listen() {
      server = open();
      server.maxConnections = limits.maxConnections;
      server.on("drop", () => events.refused("connections"));
      const address = await bind(server, config.address, config.reusePort).catch((error: unknown) => {
        tls?.close();
        throw error;
      });
      sweeper = setInterval(() => {
        for (const connection of connections) connection.sweep(performance.now());
      }, sweepEveryMs(limits));
      return address;
    },
    async drain(graceMs) {
      const closed = new Promise<void>((resolve) => server?.close(() => resolve()) ?? resolve());
      for (const connection of connections) connection.end("drain");
      const cut = setTimeout(
        () => {
          for (const connection of connections) connection.cut("shutdown");
        },
        Math.min(graceMs, LINGER_MS),
      );
      await closed;
      clearTimeout(cut);
      clearInterval(sweeper);
      tls?.close();
    },
  };
}
