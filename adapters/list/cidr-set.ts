import { type Cidr, toNumber, widthOf } from "../../schemas/model/cidr.ts";

/** Blocks of addresses, and whether one holds an address. */
export interface CidrSet {
  add(block: Cidr): void;
  /** Takes an address in canonical text (see parseIp). */
  has(ip: string): boolean;
}

/** In place of a child: the block ends here, whatever bits follow. */
const END = -1;
/** Node numbers of the two tries. */
const roots = { 32: 0, 128: 1 } as const;

/**
 * A binary trie for each family; a look-up costs a step for each bit of the longest block there is on its way, whatever the number of
 * blocks. Single addresses stand in a set of their own, as they would be most of the nodes.
 */
export function createCidrSet(): CidrSet {
  const addresses = new Set<string>();
  const everything = { 32: false, 128: false };
  /** Children of node n at 2n and 2n+1; 0 for none. */
  let children = new Int32Array(64);
  let nodes = 2;

  const newNode = (): number => {
    if (2 * nodes + 2 > children.length) {
      const larger = new Int32Array(2 * children.length);
      larger.set(children);
      children = larger;
    }
    return nodes++;
  };

  return {
    add({ bits, length, prefix }) {
      if (length === bits) addresses.add(keyOf(bits, prefix));
      else if (length === 0) everything[bits] = true;
      else {
        let node: number = roots[bits];
        for (let left = length - 1; left > 0; left--) {
          const at = 2 * node + Number((prefix >> BigInt(left)) & 1n);
          const next = children[at] as number;
          if (next === END) return;
          node = next === 0 ? newNode() : next;
          children[at] = node;
        }
        children[2 * node + Number(prefix & 1n)] = END;
      }
    },
    has(ip) {
      const bits = widthOf(ip);
      if (everything[bits]) return true;
      const number = toNumber(ip);
      if (addresses.has(keyOf(bits, number))) return true;
      let node: number = roots[bits];
      for (const word of wordsOf(number, bits)) {
        for (let bit = 31; bit >= 0; bit--) {
          node = children[2 * node + ((word >>> bit) & 1)] as number;
          if (node <= 0) return node === END;
        }
      }
      return false;
    },
  };
}

const keyOf = (bits: 32 | 128, number: bigint): string => `${bits}/${number.toString(36)}`;

/** The bits of an address, 32 at a time. */
function wordsOf(number: bigint, bits: 32 | 128): number[] {
  const words: number[] = [];
  for (let shift = bits - 32; shift >= 0; shift -= 32) words.push(Number((number >> BigInt(shift)) & 0xffff_ffffn));
  return words;
}
