import { parseCidr, toNumber, widthOf } from "../../schemas/model/cidr.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { memoizeByText } from "./bounded-cache.ts";
import { type Peer, peerFields } from "./peer.ts";
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
  /** What the places of a Peer hold: those of `peerFields`, then other attributes that the tables give. */
  readonly fields: readonly string[];
  /** By canonical text of an address: an exact entry, else the longest block that holds it. */
  byAddress(ip: string): Peer | undefined;
  /** By principal without `spiffe://`. */
  byPrincipal(principal: string): Peer | undefined;
}

/** Addresses remembered; many clients come again and again, and a search of blocks costs more than a look. */
const MAX_REMEMBERED = 4096;

/** Makes the tables. Throws on a key that is neither address nor CIDR, which a checked configuration does not hold. */
export function createEnrichTables({ addresses, principals }: EnrichConfig): EnrichTables {
  const given = [...Object.values(addresses), ...Object.values(principals)].flatMap((values) => Object.keys(values));
  const fields = [...new Set<string>([...peerFields, ...given])];
  const exact = new Map<string, Peer>();
  const blocks = createBlocks();
  for (const [address, values] of Object.entries(addresses)) {
    const ip = parseIp(address);
    if (ip === undefined) blocks.add(address, toEnrichPeer(fields, values));
    else exact.set(ip, toEnrichPeer(fields, values));
  }
  const byPrincipal = new Map(
    Object.entries(principals).map(([text, values]) => [toPrincipal(text), toEnrichPeer(fields, values)]),
  );
  return {
    empty: exact.size === 0 && blocks.size === 0 && byPrincipal.size === 0,
    fields,
    byAddress: memoizeByText(MAX_REMEMBERED, (ip) => exact.get(ip) ?? blocks.find(ip)),
    byPrincipal: (principal) => byPrincipal.get(principal),
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
      if (cidr === undefined) throw new Error(`enrich.addresses: "${text}" is neither an address nor a CIDR`);
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

function toEnrichPeer(fields: readonly string[], values: EnrichValues): Peer {
  return fields.map((field) => {
    const value = Object.hasOwn(values, field) ? values[field] : undefined;
    return typeof value === "object" ? new Map(Object.entries(value)) : value;
  });
}

/** The form that principals of records have, as far as the text is a SPIFFE id. */
function toPrincipal(text: string): string {
  return parseSpiffeId(text.includes("://") ? text : `spiffe://${text}`)?.principal ?? text;
}
