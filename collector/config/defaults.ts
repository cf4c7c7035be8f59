import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "./environment.ts";

/** The environment variable that names the host of listeners whose address nobody wrote; the container image sets it. */
export const LISTEN_HOST = "MIXDOWN_LISTEN_HOST";

/** The listeners that exist unless a configuration says otherwise (null turns one off): on loopback unless MIXDOWN_LISTEN_HOST is set. */
export function defaultListeners(env: Environment) {
  const host = env[LISTEN_HOST] || "127.0.0.1";
  return {
    grpc: { address: `${host}:4317` },
    http: { address: `${host}:4318` },
    admin: { address: `${host}:8080` },
  };
}

/** The file that is loaded without --config, in a checkout and in a built package alike. */
export function defaultConfigFile(from: string = import.meta.dirname): string {
  const file = join(from, "config", "default.yaml");
  const above = dirname(from);
  return existsSync(file) || above === from ? file : defaultConfigFile(above);
}

/** The files that are loaded without --config: with a backend of spans in the environment, also the one that sends them there. */
export function defaultConfigFiles(env: Environment): readonly string[] {
  const file = defaultConfigFile();
  return env.OTEL_EXPORTER_OTLP_ENDPOINT ? [file, join(dirname(file), "relay.yaml")] : [file];
}
