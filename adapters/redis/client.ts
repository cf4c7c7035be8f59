import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { TlsMaterial } from "../shared/tls-settings.ts";
import type { RedisConfig } from "./config.ts";
import type { Ask, Budgeted } from "./leases.ts";
import { count, type Script, take } from "./scripts.ts";

/** A connection to Redis, as budgets are asked for. */
export interface RedisClient extends Ask {
  /** Resolves once it can be asked, or after so long. */
  connected(withinMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Connects in the background: what is asked while there is no connection is refused at once. `onError` hears of lost connections. */
export function connectRedis(
  config: RedisConfig,
  tls: TlsMaterial | undefined,
  onError: (error: unknown) => void,
): RedisClient {
  const client = createClient(config, tls);
  client.on("error", onError);
  const run = async ({ sha, text }: Script, key: string, values: readonly (string | number)[]): Promise<unknown> => {
    try {
      return await client.evalsha(sha, 1, key, ...values);
    } catch (error) {
      // A server that has restarted, or another one of the cluster, does not have it yet.
      if (!String(error).includes("NOSCRIPT")) throw error;
      return await client.eval(text, 1, key, ...values);
    }
  };
  const { keyPrefix } = config;
  return {
    async take(key, { algorithm, count: limit, windowMs, burst }: Budgeted, costs, extra) {
      const values = [algorithm, limit, windowMs, burst, extra, costs.join(",")];
      const [granted, leased, free, resetMs] = (await run(take, `${keyPrefix}${key}`, values)) as string[];
      return {
        granted: [...(granted ?? "")].map((digit) => digit === "1"),
        leased: Number(leased),
        free: Number(free),
        resetMs: Number(resetMs),
      };
    },
    async count(key, hits, keepMs) {
      // Without prefix: its keys are those of envoyproxy/ratelimit, which may count in the same Redis.
      return Number(await run(count, key, [hits, Math.ceil(keepMs)]));
    },
    connected: (withinMs) =>
      new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          client.off("ready", end);
          resolve();
        };
        const timer = setTimeout(end, withinMs);
        if (client.status === "ready") end();
        else client.on("ready", end);
      }),
    async close() {
      client.disconnect();
    },
  };
}

/** How long a command may hang beyond the time that it has. */
const HANGING_MS = 1000;

function createClient(config: RedisConfig, material: TlsMaterial | undefined): Redis | Cluster {
  const { address, sentinel, cluster, username, password, database, timeout } = config;
  const tls = material && toTls(material);
  const common: RedisOptions = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    // Who asks gives up before; this is for what a connection that hangs still holds.
    commandTimeout: timeout + HANGING_MS,
    // A server that has stopped in its tracks closes no connection: without this nobody would ask where its successor is.
    socketTimeout: timeout + HANGING_MS,
    // What was a master may be one no more.
    reconnectOnError: ({ message }) => message.startsWith("READONLY"),
    connectTimeout: 2000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)),
  };
  if (cluster !== undefined)
    return new Cluster(cluster.map(toHostPort), {
      redisOptions: common,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      maxRedirections: 4,
      clusterRetryStrategy: (attempt) => Math.min(1000, 50 * 2 ** Math.min(attempt, 5)),
      ...(tls !== undefined && { dnsLookup: (name, callback) => callback(null, name) }),
    });
  if (sentinel !== undefined)
    return new Redis({
      ...common,
      db: database,
      name: sentinel.master,
      sentinels: sentinel.addresses.map(toHostPort),
      ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
      ...(tls !== undefined && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    });
  return new Redis({ ...common, ...toHostPort(address ?? "127.0.0.1:6379"), db: database });
}

function toHostPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
}

const toTls = ({ serverName, ...files }: TlsMaterial) => ({
  ...files,
  ...(serverName !== undefined && { servername: serverName }),
});
