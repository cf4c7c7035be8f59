import { hostname, networkInterfaces } from "node:os";
import { askAdapter } from "./ask-adapter.ts";
import { toHostPort } from "./check-listeners.ts";
import type { ReadHandler } from "./checked.ts";
import type { Report } from "./problem.ts";
import { child, type Entry, isEmpty, textOf } from "./tree.ts";

/** Refuses handlers that send to one of the hub's own listeners: what they send would come back for ever. */
export function checkLoops(
  handlers: readonly Entry[],
  checked: ReadonlyMap<string, ReadHandler>,
  listeners: readonly Entry[],
  report: Report,
): void {
  const own = listeners.flatMap(({ key, value }) => {
    const address = isEmpty(value) ? undefined : toHostPort(textOf(child(value, "address")) ?? "");
    return address === undefined || address.port === 0 ? [] : [{ listener: key, ...address }];
  });
  for (const { key, value } of handlers) {
    const handler = checked.get(key);
    if (handler === undefined) continue;
    const { adapter, params } = handler;
    const { at } = child(value, "params") ?? value;
    const path = ["handlers", key, "params"];
    for (const url of askAdapter(adapter, () => adapter.endpoints?.(params), { at, path }, report) ?? []) {
      const found = own.find((listener) => reaches(url, listener));
      if (found === undefined) continue;
      const message = `${url} is the hub's own listener ${found.listener}: what it sends there would come back to it`;
      report({ at, path, message, expected: "the address of a backend" });
    }
  }
}

const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

function reaches(url: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname: named, port: given, protocol } = new URL(url);
  if ((given === "" ? defaultPorts[protocol] : Number(given)) !== port) return false;
  const target = named.replace(/^\[|\]$/g, "").toLowerCase();
  if (target === host.toLowerCase()) return true;
  if (isAny(host)) return isLocal(target);
  return isLoopback(target) && isLoopback(host);
}

const isAny = (host: string): boolean => host === "0.0.0.0" || host === "::";

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

/** Loopback, or a name or address of this machine. */
function isLocal(host: string): boolean {
  if (isLoopback(host) || isAny(host) || host === hostname().toLowerCase()) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
