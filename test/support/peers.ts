import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Programs the end-to-end tests talk to; `.ci/install-peers` brings them. */
export type PeerProgram =
  | "envoy"
  | "prometheus"
  | "promtool"
  | "grpcurl"
  | "h2load"
  | "openssl"
  | "nginx"
  | "haproxy"
  | "opa"
  | "opa-extauthz"
  | "grpc-go-bare"
  | "otelcol"
  | "ratelimit"
  | "redis-server"
  | "kcat"
  | "kafka";

/** The folder that `.ci/install-peers` fills: MIXDOWN_PEERS, or mixdown-peers in the user's cache folder. */
export function peersFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  return environment.MIXDOWN_PEERS || join(cache, "mixdown-peers");
}

/**
 * Path of a peer: the variable MIXDOWN_<NAME> if set, else the peers folder, else PATH, else where Debian puts servers;
 * undefined if it is nowhere.
 */
export function findPeer(name: PeerProgram, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment[`MIXDOWN_${name.toUpperCase().replaceAll("-", "_")}`];
  const folders = [join(peersFolder(environment), "bin"), ...(environment.PATH ?? "").split(delimiter), ...servers];
  return [...(named ? [named] : []), ...folders.map((folder) => join(folder, name))].find(isExecutable);
}

/** Not on the PATH of those who are not root. */
const servers = ["/usr/sbin"];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Which of these peers are missing. In CI a missing peer is an error that names it and the remedy. */
export function missingPeers(
  names: readonly PeerProgram[],
  environment: NodeJS.ProcessEnv = process.env,
): PeerProgram[] {
  const missing = names.filter((name) => findPeer(name, environment) === undefined);
  if (missing.length > 0 && environment.CI)
    throw new Error(`Missing peers: ${missing.join(", ")}. Run .ci/install-peers.`);
  return missing;
}

/** Path of a peer that must be there; throws naming it and the remedy. */
export function requirePeer(name: PeerProgram): string {
  const path = findPeer(name);
  if (path === undefined) throw new Error(`Missing peer: ${name}. Run .ci/install-peers.`);
  return path;
}
