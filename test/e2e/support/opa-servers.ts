import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { requirePeer } from "../../support/peers.ts";
import { type Child, startChild } from "./child.ts";
import { temporaryFolder } from "./folder.ts";
import { isListening } from "./listening.ts";
import { freePort } from "./prometheus.ts";
import { waitUntil } from "./wait.ts";

/** A program that decides by a policy in Rego. */
export interface OpaServer {
  /** "host:port" that it listens on. */
  readonly address: string;
  readonly process: Child;
  stop(): Promise<void>;
}

/** Starts OPA's own server: its policies are asked over HTTP. */
export function startOpa(rego: string): Promise<OpaServer> {
  return start(rego, (address, file) =>
    startChild(requirePeer("opa"), ["run", "--server", "--addr", address, "--log-level", "error", file]),
  );
}

/** Starts an ext_authz server on OPA's SDK, which asks `data.envoy.authz.allow` and adds the header `x-authz: ok`. */
export function startOpaExtAuthz(rego: string): Promise<OpaServer> {
  return start(rego, (address, file) => startChild(requirePeer("opa-extauthz"), [address, file]));
}

async function start(rego: string, run: (address: string, file: string) => Child): Promise<OpaServer> {
  const folder = temporaryFolder("opa");
  const file = join(folder.path, "policy.rego");
  writeFileSync(file, rego);
  const port = await freePort();
  const child = run(`127.0.0.1:${port}`, file);
  await waitUntil("OPA to listen", async () => {
    if (child.status() !== undefined) throw new Error(`OPA ended (${child.status()}):\n${child.stderr()}`);
    return isListening(port);
  });
  return {
    ...{ address: `127.0.0.1:${port}`, process: child },
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}
