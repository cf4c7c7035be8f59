import { parseCidr, toNumber, widthOf } from "../../../schemas/model/cidr.ts";
import { parseIp } from "../../../schemas/model/ip.ts";

/** An address with what comparing it takes, worked out once. */
export interface Address {
  readonly bits: 32 | 128;
  readonly number: bigint;
}

/** Takes an address in canonical text (see parseIp). */
export const toAddress = (ip: string): Address => ({ bits: widthOf(ip), number: toNumber(ip) });

/** A block of addresses, or one address. */
const parseBlock = (text: string) => {
  if (text.includes("/")) return parseCidr(text);
  const ip = parseIp(text);
  return ip === undefined ? undefined : parseCidr(`${ip}/${widthOf(ip)}`);
};

/** Matches addresses within a block; bits of the block beyond its length do not count. */
export function matchAddress(text: string): (address: Address | undefined) => boolean {
  const block = parseBlock(text);
  if (block === undefined) throw new Error(`${text} ${addressProblem(text)}`);
  const { bits, prefix } = block;
  const shift = BigInt(bits - block.length);
  return (address) => address !== undefined && address.bits === bits && address.number >> shift === prefix;
}

/** Why a text is no block; undefined if it is one. */
export function addressProblem(text: string): string | undefined {
  return parseBlock(text) === undefined ? "is neither an address nor a CIDR" : undefined;
}

/** Why a text is no port; undefined if it is one. */
export function portProblem(text: string): string | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= 65535 ? undefined : "is no port: a number from 0 to 65535 is";
}
