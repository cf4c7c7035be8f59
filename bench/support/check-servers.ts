import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { type Child, startChild } from "../../test/e2e/support/child.ts";
import { isListening } from "../../test/e2e/support/listening.ts";
import { startOpaExtAuthz } from "../../test/e2e/support/opa-servers.ts";
import { freePort } from "../../test/e2e/support/prometheus.ts";
import { waitUntil } from "../../test/e2e/support/wait.ts";
import { requirePeer } from "../../test/support/peers.ts";
import { tenRules, tenRulesInRego } from "./check-rules.ts";
import { cpuSecondsOf, type ServerProcess, startHub, startServer } from "./server-process.ts";

/** A server as far as a benchmark asks it. */
export type AskedServer = Pick<ServerProcess, "grpc" | "cpuSeconds" | "stop">;

/** A hub that decides by ten rules. */
export const checkingHub = (): Promise<AskedServer> => startHub(stringify({ rules: tenRules }));

/** The ext_authz server on OPA's SDK, with the same ten rules in Rego. */
export async function opaServer(): Promise<AskedServer> {
  const { address, process, stop } = await startOpaExtAuthz(tenRulesInRego);
  return asked(address, process, stop);
}

/** A grpc-js server that decides nothing. */
export const bareNode = (): Promise<AskedServer> =>
  startServer(fileURLToPath(new URL("../baseline/check-server.ts", import.meta.url)));

/** A grpc-go server that decides nothing. */
export async function bareGo(): Promise<AskedServer> {
  const port = await freePort();
  const child = startChild(requirePeer("grpc-go-bare"), [`127.0.0.1:${port}`]);
  await waitUntil("the grpc-go server to listen", () => isListening(port));
  return asked(`127.0.0.1:${port}`, child, () => child.stop());
}

/** A program that was started, as a server that is asked. */
export function asked(grpc: string, { pid }: Child, stop: () => Promise<unknown>): AskedServer {
  return {
    grpc,
    cpuSeconds: () => cpuSecondsOf(pid),
    async stop() {
      await stop();
    },
  };
}
