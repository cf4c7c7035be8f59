import { writeFileSync } from "node:fs";
import { requirePeer } from "../../support/peers.ts";
import { startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort, freePorts } from "./prometheus.ts";
import { type RedisServer, startRedis } from "./redis.ts";
import { waitUntil } from "./wait.ts";

/** Servers of Redis that belong together. */
export interface RedisGroup {
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  stop(): Promise<void>;
}

/** How soon a silent server is taken for gone. */
const DOWN_AFTER_MS = 500;

const shares = [
  [0, 5460],
  [5461, 10_922],
  [10_923, 16_383],
];

/** A cluster of three masters, each with a replica if wanted, once it is whole. */
export async function startCluster({ replicated = false } = {}): Promise<RedisGroup> {
  const start = async (port: number, bus: string) => {
    const timeout = String(2 * DOWN_AFTER_MS);
    const args = ["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", timeout];
    return { server: await startRedis({ port, args }), bus };
  };
  const count = replicated ? 6 : 3;
  const ports = await freePorts(2 * count);
  const nodes: Awaited<ReturnType<typeof start>>[] = [];
  for (let i = 0; i < count; i++) nodes.push(await start(ports[2 * i]!, String(ports[2 * i + 1])));
  const servers = nodes.map(({ server }) => server);
  const [masters, replicas] = [servers.slice(0, 3), servers.slice(3)];
  for (const [i, node] of masters.entries())
    await node.ask("CLUSTER", "ADDSLOTSRANGE", ...(shares[i] ?? []).map(String));
  for (const { server, bus } of nodes.slice(1))
    await masters[0]?.ask("CLUSTER", "MEET", "127.0.0.1", String(server.port), bus);
  const isWhole = async (node: RedisServer) => {
    const info = await node.ask("CLUSTER", "INFO");
    return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${nodes.length}`);
  };
  for (const node of servers) await waitUntil("the cluster to be whole", () => isWhole(node));
  for (const [i, node] of replicas.entries()) {
    const id = (await masters[i]?.ask("CLUSTER", "MYID"))?.at(-1) ?? "";
    await node.ask("CLUSTER", "REPLICATE", id);
    await waitUntil("the replica to follow", () => follows(node));
  }
  return { masters, replicas, stop: async () => void (await Promise.all(servers.map((node) => node.stop()))) };
}

const follows = async (node: RedisServer): Promise<boolean> =>
  (await node.ask("INFO", "replication")).includes("master_link_status:up");

/** A master that a sentinel watches under the name `main`, with a replica if wanted. */
export async function startWatched({ replicated = false } = {}): Promise<RedisGroup & { readonly sentinel: string }> {
  const master = await startRedis();
  const replicas = replicated ? [await startRedis({ args: ["--replicaof", `127.0.0.1 ${master.port}`] })] : [];
  for (const replica of replicas) await waitUntil("the replica to follow", () => follows(replica));
  const port = await freePort();
  const folder = temporaryFolder("sentinel");
  const file = `${folder.path}/sentinel.conf`;
  const lines = [
    ...[`port ${port}`, "bind 127.0.0.1", `dir ${folder.path}`, `sentinel monitor main 127.0.0.1 ${master.port} 1`],
    ...[`sentinel down-after-milliseconds main ${DOWN_AFTER_MS}`, "sentinel failover-timeout main 3000"],
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const sentinel = startChild(requirePeer("redis-server"), [file, "--sentinel"]);
  return {
    ...{ masters: [master], replicas, sentinel: `127.0.0.1:${port}` },
    async stop() {
      await Promise.all([sentinel.stop(), master.stop(), ...replicas.map((replica) => replica.stop())]);
      folder.remove();
    },
  };
}
