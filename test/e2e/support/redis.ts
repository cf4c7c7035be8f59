import { once } from "node:events";
import { createConnection } from "node:net";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./prometheus.ts";
import { waitFor } from "./wait.ts";

/** A running Redis. */
export interface RedisServer {
  readonly process: Child;
  readonly address: string;
  readonly port: number;
  /** The answer to a command without spaces in its words, as the lines that came. */
  ask(...command: readonly string[]): Promise<string[]>;
  stop(): Promise<void>;
}

/** How to start Redis. */
export interface RedisOptions {
  readonly port?: number;
  readonly args?: readonly string[];
}

/** Starts a Redis that keeps nothing on disk, and waits until it answers. */
export async function startRedis({ port, args = [] }: RedisOptions = {}): Promise<RedisServer> {
  const folder = temporaryFolder("redis");
  const own = port ?? (await freePort());
  const basic = ["--bind", "127.0.0.1", "--port", String(own), "--save", "", "--appendonly", "no"];
  const child = startChild(requirePeer("redis-server"), [...basic, "--dir", folder.path, ...args]);
  await waitFor("Redis to be ready", () => {
    if (child.status() !== undefined) throw new Error(`Redis ended (${child.status()}):\n${child.stdout()}`);
    return /Ready to accept connections/.test(child.stdout()) ? true : undefined;
  });
  return {
    ...{ process: child, address: `127.0.0.1:${own}`, port: own },
    ask: (...command) => askRedis(own, command),
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}

/** One command over a connection of its own (RESP 2, inline). */
async function askRedis(port: number, command: readonly string[]): Promise<string[]> {
  const socket = createConnection({ host: "127.0.0.1", port });
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.write(`${command.join(" ")}\r\nQUIT\r\n`);
  await once(socket, "close");
  return text
    .replace(/\+OK\r\n$/, "")
    .split("\r\n")
    .filter(Boolean);
}
