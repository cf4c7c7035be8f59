import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { temporaryFolder } from "../../test/e2e/support/folder.ts";
import { startRatelimit } from "../../test/e2e/support/ratelimit-server.ts";
import { startRedis } from "../../test/e2e/support/redis.ts";
import { type AskedServer, asked } from "./check-servers.ts";
import { startHub } from "./server-process.ts";

/** Limits that nobody reaches. */
const limits = {
  domain: "bench",
  descriptors: [{ key: "tenant", rate_limit: { unit: "hour", requests_per_unit: 1_000_000_000 } }],
};

/** A hub that answers rate limit requests by envoyproxy/ratelimit's file, counting in memory. */
export const limitingHub = (): Promise<AskedServer> => hubOf({}, {});

/** The same, counting in a Redis of its own. */
export async function limitingHubWithRedis(): Promise<AskedServer> {
  const redis = await startRedis();
  // As patient as the one beside it: on a busy machine the Redis of either is late now and then.
  const shared = { adapter: "redis", params: { address: redis.address, timeout: "5s" } };
  return alongWith(await hubOf({ store: "shared" }, { shared }), redis.stop);
}

/** envoyproxy/ratelimit with the same file, counting in a Redis of its own. */
export async function ratelimitServer(): Promise<AskedServer> {
  const redis = await startRedis();
  const { grpc, process, stop } = await startRatelimit(stringify(limits), redis.address);
  return alongWith(asked(grpc, process, stop), redis.stop);
}

/** Starts a hub whose limits come from a file that goes with it. */
async function hubOf(params: object, handlers: object): Promise<AskedServer> {
  const folder = temporaryFolder("limits");
  const files = join(folder.path, "limits.yaml");
  writeFileSync(files, stringify(limits));
  const limiter = { adapter: "ratelimit", params: { files, ...params } };
  return alongWith(await startHub(stringify({ handlers: { limits: limiter, ...handlers } })), folder.remove);
}

/** What goes with a server; its own time is not counted. */
function alongWith(server: AskedServer, end: () => unknown): AskedServer {
  return {
    ...server,
    async stop() {
      await server.stop();
      await end();
    },
  };
}
