import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Way } from "./way.ts";

/** Sends lines over a connection, which is kept. */
export function openStream(target: NetConnectOpts): Way {
  let socket: Socket | undefined;

  async function connected(): Promise<Socket> {
    if (socket?.writable) return socket;
    const made = connect(target);
    socket = made;
    made.on("error", () => made.destroy());
    // Nothing is expected from the server, but its end must be noticed.
    made.resume();
    await once(made, "connect");
    return made;
  }

  return {
    async send(text) {
      const via = await connected();
      await new Promise<void>((resolve, reject) =>
        via.write(`${text}\n`, (error) => (error == null ? resolve() : reject(error))),
      );
    },
    close() {
      socket?.destroy();
      socket = undefined;
    },
  };
}
