import { createSocket, type Socket } from "node:dgram";
import { HubError } from "../../errors.ts";
import { formatAddress, parseAddress } from "../address.ts";
import { MemoryLedger } from "../memory.ts";
import type { SyslogServer, SyslogServerOptions } from "./server.ts";

/** What the kernel is asked to hold of what we have not read; it may give less. What it drops nobody tells us. */
const RECEIVE_BUFFER = 4_194_304;

/** Each datagram is a message (RFC 5426). Those that come while the sink is busy wait, within the listener's memory. */
export function createUdpServer({ config, sink, events }: SyslogServerOptions, maxBytes: number): SyslogServer {
  const memory = new MemoryLedger(config.limits.maxBufferedBytes);
  let waiting: Buffer[] = [];
  let scheduled = false;
  let flushed = Promise.resolve();
  let socket: Socket | undefined;

  const flush = async () => {
    while (waiting.length > 0) {
      const messages = waiting;
      waiting = [];
      memory.heldBytes = 0;
      try {
        await sink(messages);
      } catch (error) {
        events.handlerFault("syslog", error);
      }
    }
  };

  /** One after the other, so that the sink's backpressure holds. */
  const flushNext = () => {
    scheduled = false;
    flushed = flushed.then(flush);
    return flushed;
  };

  const take = (message: Buffer) => {
    events.bytes(message.length, 0);
    if (message.length > maxBytes) events.protocolError("message-size");
    else if (!memory.add(message.length)) events.protocolError("memory");
    else {
      waiting.push(message);
      // Datagrams that were read in one go are taken together.
      if (!scheduled) setImmediate(flushNext);
      scheduled = true;
    }
  };

  return {
    async listen() {
      const { host, port } = parseAddress(config.address);
      const type = host.includes(":") ? "udp6" : "udp4";
      const opened = createSocket({ type, reusePort: config.reusePort, recvBufferSize: RECEIVE_BUFFER });
      await bound(opened, host, port, config.address);
      opened.on("message", take).on("error", (error) => events.handlerFault("syslog", error));
      socket = opened;
      const { address, port: boundPort } = opened.address();
      return formatAddress({ host: address, port: boundPort });
    },
    async drain() {
      const open = socket;
      if (open === undefined) return;
      socket = undefined;
      await new Promise<void>((resolve) => open.close(() => resolve()));
      await flushNext();
    },
  };
}

function bound(socket: Socket, host: string, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new HubError("LISTEN_FAILED", `cannot listen on ${address}: ${error.message}`, { cause: error }));
    socket.once("error", fail);
    socket.bind({ address: host, port }, () => {
      socket.off("error", fail);
      resolve();
    });
  });
}
