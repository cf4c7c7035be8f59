import type { ListenerConfig } from "../../config/schema.ts";
import type { TransportEvents } from "../events.ts";
import type { TlsEvents } from "../tls.ts";
import { createTcpServer } from "./tcp.ts";
import { createUdpServer } from "./udp.ts";

/** Takes messages, which are valid during the call. A pending promise means: read nothing further from that sender. */
export type MessageSink = (messages: readonly Buffer[]) => void | Promise<void>;

/** What a syslog server is made of. */
export interface SyslogServerOptions {
  readonly config: ListenerConfig;
  readonly sink: MessageSink;
  readonly events: TransportEvents;
  /** Told when certificates are read again. */
  readonly tlsEvents: TlsEvents;
}

/** A listening syslog server. */
export interface SyslogServer {
  /** Binds the address; gives it as bound. Rejects with LISTEN_FAILED or TLS_INVALID. */
  listen(): Promise<string>;
  /** Stops listening, takes what has arrived, at most this long, and closes. */
  drain(graceMs: number): Promise<void>;
}

/** Messages are taken over UDP unless the settings say TCP. */
export const defaultSyslog = { transport: "udp", maxMessageBytes: 65_536, fields: undefined } as const;

/** Makes a server for a listener's transport. */
export function createSyslogServer(options: SyslogServerOptions): SyslogServer {
  const { transport, maxMessageBytes } = options.config.syslog ?? defaultSyslog;
  return transport === "tcp" ? createTcpServer(options, maxMessageBytes) : createUdpServer(options, maxMessageBytes);
}
