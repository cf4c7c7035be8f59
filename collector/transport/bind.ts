import type { Server } from "node:net";
import { HubError } from "../errors.ts";
import { formatAddress, parseAddress } from "./address.ts";

/** Binds a server to "host:port" and gives the address as bound. Rejects with LISTEN_FAILED naming it. */
export function bind(server: Server, address: string, reusePort: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new HubError("LISTEN_FAILED", `cannot listen on ${address}: ${error.message}`, { cause: error }));
    try {
      const { host, port } = parseAddress(address);
      server.once("error", fail);
      server.listen({ host, port, reusePort, backlog: 1024 }, () => {
        server.off("error", fail);
        server.on("error", () => {}); // accepting failed, for want of file descriptors; the next may do
        const bound = server.address();
        if (bound === null || typeof bound === "string") fail(new Error("not a TCP address"));
        else resolve(formatAddress({ host: bound.address, port: bound.port }));
      });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
