import { errorText } from "../../schemas/model/error-text.ts";
import type { Host } from "../adapter.ts";
import { defineLimits, type LimitStore, type OpenLimitStore } from "../limiter.ts";
import { readTls } from "../shared/tls-settings.ts";
import { connectRedis } from "./client.ts";
import { config, type RedisConfig } from "./config.ts";
import { createFallback } from "./fallback.ts";
import { createLeasedStore } from "./leases.ts";

/** Keeps budgets of limits in Redis, shared by all hubs. */
export const redis = defineLimits({
  type: "redis",
  summary: "Keeps budgets of limits in Redis, single, behind sentinels or as a cluster, shared by all hubs.",
  config,
  stores: { open },
});

/** How long who opens it waits for the first connection, so that the first requests find one. */
const CONNECT_MS = 1000;

/** How long Redis is left alone after it failed. */
const REST_MS = 500;

async function open(settings: RedisConfig, host: Host, local: LimitStore): Promise<OpenLimitStore> {
  const { log } = host;
  const { tls, lease, leaseShare, timeout, whenDown, localShare } = settings;
  // What a lost connection means is said once, by the first request that misses it.
  const client = connectRedis(settings, tls && readTls(tls), () => {});
  await client.connected(CONNECT_MS);
  const remote = createLeasedStore(client, {
    ...{ leaseMs: lease, leaseShare, timeoutMs: timeout, now: () => performance.now() },
    after(ms, callback) {
      const wait = setTimeout(callback, ms);
      return () => clearTimeout(wait);
    },
  });
  const timer = setInterval(() => remote.sweep(), lease).unref();
  const store = createFallback({
    ...{ remote, localShare, restMs: REST_MS, now: () => performance.now() },
    local: whenDown === "local" ? local : undefined,
    onChange: (isDown, error) => {
      if (isDown) log.warn({ error: errorText(error), whenDown }, "Redis cannot be asked");
      else log.info({}, "Redis answers again");
    },
  });
  return {
    take: store.take,
    count: store.count,
    async close() {
      clearInterval(timer);
      await client.close();
    },
  };
}
