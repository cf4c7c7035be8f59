import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { freePort } from "./prometheus.ts";
import { waitUntil } from "./wait.ts";

/** A running envoyproxy/ratelimit. */
export interface RatelimitServer {
  /** "host:port" of its gRPC port, and of the one with `/json`. */
  readonly grpc: string;
  readonly http: string;
  readonly process: Child;
  stop(): Promise<void>;
}

/** Starts envoyproxy/ratelimit with this configuration, counting in a Redis. */
export async function startRatelimit(yaml: string, redis: string): Promise<RatelimitServer> {
  const folder = temporaryFolder("ratelimit");
  const config = join(folder.path, "config", "ratelimit");
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, "config.yaml"), yaml);
  const [http, grpc, debug] = [await freePort(), await freePort(), await freePort()];
  const child = startChild(requirePeer("ratelimit"), [], {
    env: {
      ...process.env,
      ...{ USE_STATSD: "false", LOG_LEVEL: "warn", HOST: "127.0.0.1", GRPC_HOST: "127.0.0.1", DEBUG_HOST: "127.0.0.1" },
      ...{ PORT: String(http), GRPC_PORT: String(grpc), DEBUG_PORT: String(debug) },
      ...{
        RUNTIME_ROOT: folder.path,
        RUNTIME_SUBDIRECTORY: "",
        RUNTIME_WATCH_ROOT: "false",
        RUNTIME_APPDIRECTORY: "config",
      },
      ...{ REDIS_SOCKET_TYPE: "tcp", REDIS_TYPE: "SINGLE", REDIS_URL: redis, LIMIT_RESPONSE_HEADERS_ENABLED: "true" },
    },
  });
  await waitUntil("ratelimit to be healthy", async () => {
    if (child.status() !== undefined) throw new Error(`ratelimit ended (${child.status()}):\n${child.stderr()}`);
    const answer = await fetch(`http://127.0.0.1:${http}/healthcheck`).catch(() => undefined);
    return answer?.ok === true;
  });
  return {
    ...{ grpc: `127.0.0.1:${grpc}`, http: `127.0.0.1:${http}`, process: child },
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}
