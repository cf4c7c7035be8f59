import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import type { HostAndPort } from "./address.ts";
import type { Way } from "./way.ts";

/** A name is looked up again after this long: the pod behind it may be another. */
const freshMs = 30_000;

/** Sends datagrams. That one was sent says only that the system took it; a port that nobody listens at is noticed at the next. */
export function openUdp({ host, port }: HostAndPort, now: () => number): Way {
  let socket: Socket | undefined;
  let address = "";
  let lookedUpMs = Number.NEGATIVE_INFINITY;
  /** What came back of an earlier datagram, and was told to no send. */
  let failure: Error | undefined;

  async function connected(): Promise<Socket> {
    if (socket !== undefined && now() - lookedUpMs < freshMs) return socket;
    const found = await lookup(host, { order: "ipv4first" });
    lookedUpMs = now();
    if (socket !== undefined && found.address === address) return socket;
    close();
    address = found.address;
    socket = await connect(found.family === 6 ? "udp6" : "udp4", found.address);
    return socket;
  }

  function connect(type: "udp4" | "udp6", to: string): Promise<Socket> {
    const made = createSocket(type);
    made.on("error", (error) => {
      failure = error;
    });
    made.unref();
    return new Promise((resolve, reject) => {
      made.once("error", reject);
      made.connect(port, to, () => resolve(made));
    });
  }

  function close(): void {
    socket?.close();
    socket = undefined;
    failure = undefined;
  }

  return {
    async send(text) {
      const via = await connected();
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve, reject) =>
        via.send(text, (error) => (error === null ? resolve() : reject(error))),
      );
    },
    close,
  };
}
