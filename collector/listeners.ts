import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { createHttpServer } from "./admin/server.ts";
import type { HubConfig, ListenerConfig } from "./config/schema.ts";
import { HubError } from "./errors.ts";
import { formatAddress, parseAddress } from "./transport/address.ts";
import type { GrpcMethods } from "./transport/grpc.ts";
import { createGrpcServer, type TransportEvents } from "./transport/grpc-server.ts";
import { createSyslogServer, type MessageSink } from "./transport/syslog/server.ts";
import { createTlsSource, type TlsEvents, type TlsSource } from "./transport/tls.ts";

/** What a listener can serve. */
export type Service = "grpc" | "http" | "admin" | "syslog";

/** What listeners put on their sockets. */
export interface ListenerServices {
  /** The gRPC methods of one listener, whose settings some of them heed. */
  grpcMethods(name: string, config: ListenerConfig): GrpcMethods;
  /** Adds the HTTP routes of a service. */
  mount(service: "http" | "admin", server: FastifyInstance, config: ListenerConfig): void;
  /** What takes the messages of a syslog listener. */
  messages(config: ListenerConfig): MessageSink;
  /** Counts for one listener. */
  transportEvents(name: string): TransportEvents;
  /** Hears of certificates that changed. */
  tlsEvents(name: string): TlsEvents;
  onFault(error: unknown, url: string): void;
}

/** One bound listener. */
export interface Listener {
  readonly name: string;
  /** "host:port" as bound. */
  readonly address: string;
  readonly serves: readonly Service[];
  /** Stops taking connections and lets what is under way end, at most this long. */
  drain(graceMs: number): Promise<void>;
}

/** What a listener serves: what its settings say, else what it is named after. */
export function servicesOf(name: string, config: ListenerConfig): readonly Service[] {
  if (config.serves !== undefined) return config.serves;
  return name === "http" || name === "admin" || name === "syslog" ? [name] : ["grpc"];
}

/** Binds every listener that is not off. Rejects with LISTEN_FAILED, with nothing left bound. */
export async function openListeners(config: HubConfig["listeners"], services: ListenerServices): Promise<Listener[]> {
  const wanted = Object.entries(config).flatMap(([name, settings]) => (settings === null ? [] : [{ name, settings }]));
  const results = await Promise.allSettled(wanted.map(({ name, settings }) => openListener(name, settings, services)));
  const open = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return open;
  await Promise.all(open.map((listener) => listener.drain(0)));
  throw failed.reason;
}

async function openListener(name: string, config: ListenerConfig, services: ListenerServices): Promise<Listener> {
  try {
    const serves = servicesOf(name, config);
    if (serves.includes("grpc")) return await openGrpc(name, config, services);
    return serves.includes("syslog")
      ? await openSyslog(name, config, services)
      : await openHttp(name, config, services);
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError(
      "LISTEN_FAILED",
      `listener ${name} cannot listen on ${config.address}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function openGrpc(name: string, config: ListenerConfig, services: ListenerServices): Promise<Listener> {
  const server = createGrpcServer({
    listener: name,
    config,
    methods: services.grpcMethods(name, config),
    events: services.transportEvents(name),
    tlsEvents: services.tlsEvents(name),
    reusePort: config.reusePort,
  });
  const { address } = await server.listen();
  return { name, address, serves: ["grpc"], drain: (graceMs) => server.drain(graceMs) };
}

async function openSyslog(name: string, config: ListenerConfig, services: ListenerServices): Promise<Listener> {
  const server = createSyslogServer({
    config,
    sink: services.messages(config),
    events: services.transportEvents(name),
    tlsEvents: services.tlsEvents(name),
  });
  return { name, address: await server.listen(), serves: ["syslog"], drain: (graceMs) => server.drain(graceMs) };
}

async function openHttp(name: string, config: ListenerConfig, services: ListenerServices): Promise<Listener> {
  const tls = config.tls === undefined ? undefined : createTlsSource(config.tls, services.tlsEvents(name));
  const serves = servicesOf(name, config);
  const { extAuthz, forwardAuth } = config.checkPaths;
  // The longest first, so that one may stand beneath another.
  const prefixes = [...extAuthz, ...forwardAuth].sort((a, b) => b.length - a.length);
  const server = createHttpServer({
    limits: config.limits,
    tls: tls?.options(),
    prefixes: serves.includes("http") ? prefixes : [],
    onFault: services.onFault,
  });
  if (tls !== undefined && server.server instanceof TlsServer)
    secure(server.server, tls, services.transportEvents(name));
  for (const service of serves) if (service === "http" || service === "admin") services.mount(service, server, config);
  try {
    const address = { ...parseAddress(config.address), reusePort: config.reusePort };
    await server.listen(address);
  } catch (error) {
    tls?.close();
    throw error;
  }
  const bound = server.server.address();
  const address =
    bound !== null && typeof bound === "object"
      ? formatAddress({ host: bound.address, port: bound.port })
      : config.address;
  const drain = async (graceMs: number) => {
    await closeWithin(server, graceMs);
    tls?.close();
  };
  return { name, address, serves, drain };
}

/** Refuses clients whose certificate will not do, and takes changed files. */
function secure(server: TlsServer, tls: TlsSource, events: TransportEvents): void {
  server.on("secureConnection", (socket) => {
    const peer = tls.authorize(socket);
    if (!("refused" in peer)) return;
    events.refused(peer.refused);
    socket.destroy();
  });
  server.on("tlsClientError", () => events.refused("tls"));
  tls.onChange((options) => server.setSecureContext(options));
}

async function closeWithin(server: FastifyInstance, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.server.closeAllConnections(), graceMs);
  await server.close();
  clearTimeout(cut);
}
