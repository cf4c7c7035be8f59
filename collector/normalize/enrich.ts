import { parseIp } from "../../schemas/model/ip.ts";
import { memoizeByText } from "./bounded-cache.ts";
import { parseCidr, toNumber, widthOf } from "./cidr.ts";
import { isPeerField, type Peer, type PeerValues, peerFields, toPeer } from "./peer.ts";
import type { SettingProblem } from "./problem.ts";
import { parseSpiffeId } from "./spiffe.ts";

/** Values of a side as the configuration writes them: text, and maps for labels and metadata. */
export type EnrichValues = { readonly [field: string]: string | { readonly [key: string]: string } };

/** The `enrich` part of the configuration. */
export interface EnrichConfig {
  readonly addresses: { readonly [addressOrCidr: string]: EnrichValues };
  readonly principals: { readonly [principal: string]: EnrichValues };
}

/** Who is behind an address or a principal, where the proxy does not tell. */
export interface EnrichTables {
  /** True if there is nothing to find. */
  readonly empty: boolean;
  /** By canonical text of an address: an exact entry, else the longest block that holds it. */
  byAddress(ip: string): Peer | undefined;
  /** By principal without `spiffe://`. */
  byPrincipal(principal: string): Peer | undefined;
}

const mapFields: ReadonlySet<string> = new Set(["labels", "metadata"]);

/** Addresses remembered; many clients come again and again, and a search of blocks costs more than a look. */
const MAX_REMEMBERED = 4096;

/** Makes the tables; throws on settings in which `findEnrichProblems` finds something. */
export function createEnrichTables(config: EnrichConfig): EnrichTables {
  const [problem] = findEnrichProblems(config);
  if (problem !== undefined) throw new Error(`${problem.path.join(".")}: ${problem.message}`);
  const exact = new Map<string, Peer>();
  const blocks = createBlocks();
  for (const [address, values] of Object.entries(config.addresses)) {
    const ip = parseIp(address);
    if (ip === undefined) blocks.add(address, toEnrichPeer(values));
    else exact.set(ip, toEnrichPeer(values));
  }
  const principals = new Map(
    Object.entries(config.principals).map(([text, values]) => [toPrincipal(text) ?? text, toEnrichPeer(values)]),
  );
  return {
    empty: exact.size === 0 && blocks.size === 0 && principals.size === 0,
    byAddress: memoizeByText(MAX_REMEMBERED, (ip) => exact.get(ip) ?? blocks.find(ip)),
    byPrincipal: (principal) => principals.get(principal),
  };
}

/** Blocks by family and length, the longest length first. */
function createBlocks() {
  const byLength: { bits: number; length: number; peers: Map<bigint, Peer> }[] = [];
  return {
    get size() {
      return byLength.length;
    },
    add(text: string, peer: Peer): void {
      const cidr = parseCidr(text);
      if (cidr === undefined) throw new Error(`${text} is no CIDR`);
      let group = byLength.find(({ bits, length }) => bits === cidr.bits && length === cidr.length);
      if (group === undefined) {
        group = { bits: cidr.bits, length: cidr.length, peers: new Map() };
        byLength.push(group);
        byLength.sort((a, b) => b.length - a.length);
      }
      group.peers.set(cidr.prefix, peer);
    },
    find(ip: string): Peer | undefined {
      const width = widthOf(ip);
      const number = toNumber(ip);
      for (const { bits, length, peers } of byLength) {
        const peer = bits === width ? peers.get(number >> BigInt(bits - length)) : undefined;
        if (peer !== undefined) return peer;
      }
      return undefined;
    },
  };
}

function toEnrichPeer(values: EnrichValues): Peer {
  const entries = Object.entries(values).map(([field, value]) => [
    field,
    typeof value === "string" ? value : new Map(Object.entries(value)),
  ]);
  return toPeer(Object.fromEntries(entries) as PeerValues);
}

function toPrincipal(text: string): string | undefined {
  return parseSpiffeId(text.includes("://") ? text : `spiffe://${text}`)?.principal;
}

/** Everything that is wrong with the tables: keys that are no address, CIDR or principal, unknown fields, wrong kinds of values. */
export function findEnrichProblems({ addresses, principals }: EnrichConfig): SettingProblem[] {
  return [
    ...Object.entries(addresses).flatMap(([address, values]) => [
      ...(parseIp(address) === undefined && parseCidr(address) === undefined
        ? [problem(["addresses", address], "expected an IP address or a CIDR such as 10.1.0.0/16")]
        : []),
      ...valueProblems(["addresses", address], values),
    ]),
    ...Object.entries(principals).flatMap(([principal, values]) => [
      ...(toPrincipal(principal) === undefined
        ? [problem(["principals", principal], "expected a principal such as cluster.local/ns/shop/sa/cart")]
        : []),
      ...valueProblems(["principals", principal], values),
    ]),
  ];
}

function valueProblems(path: readonly string[], values: EnrichValues): SettingProblem[] {
  return Object.entries(values).flatMap(([field, value]) => {
    const place = [...path, field];
    if (!isPeerField(field))
      return [problem(place, `expected the name of an attribute below source. or destination.`, peerFields)];
    if (mapFields.has(field) === (typeof value === "string"))
      return [problem(place, mapFields.has(field) ? "expected a map of texts" : "expected a text")];
    return [];
  });
}

function problem(path: readonly string[], message: string, valid?: readonly string[]): SettingProblem {
  return { path: ["enrich", ...path], message, ...(valid && { valid }) };
}
