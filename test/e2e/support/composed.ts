import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { root } from "../../support/documents.ts";
import { type Envoy, startEnvoyWith } from "./envoy.ts";
import type { Json } from "./envoy-bootstrap.ts";

/** A file that docker-compose.yml mounts. */
export const composeFile = (name: string): string => `${root}examples/compose/${name}`;

/** Starts an Envoy with such a file, whose names of services become the addresses given; it listens on free ports of loopback. */
export function startComposedEnvoy(name: string, addresses: Readonly<Record<string, string>>): Promise<Envoy> {
  return startEnvoyWith(relocated(parse(readFileSync(composeFile(name), "utf8")) as Json, addresses), 1);
}

function relocated(value: Json, addresses: Readonly<Record<string, string>>): Json {
  if (Array.isArray(value)) return value.map((item) => relocated(item, addresses));
  if (typeof value !== "object" || value === null) return value;
  if ("address" in value && "port_value" in value) {
    const [address = "127.0.0.1", port = "0"] = addresses[`${value.address}:${value.port_value}`]?.split(":") ?? [];
    return { address, port_value: Number(port) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, relocated(inner, addresses)]));
}
