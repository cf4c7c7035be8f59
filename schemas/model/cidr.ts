import { parseIp } from "./ip.ts";

/** A block of addresses: those of one family whose leading bits are the same. */
export interface Cidr {
  readonly bits: 32 | 128;
  readonly length: number;
  /** The leading bits as a number, without those that vary. */
  readonly prefix: bigint;
}

/** The leading 96 bits of IPv4-mapped addresses (RFC 4291 2.5.5.2). */
const MAPPED = 0xffffn << 32n;

/** Reads `address/length` (RFC 4632, RFC 4291 2.3), host bits ignored; a block of mapped addresses becomes one of IPv4. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const length = Number(digits);
  const mapped = address.includes(":") && !ip.includes(":");
  if (!mapped) return toCidr(widthOf(ip), length, toNumber(ip));
  return length < 96 ? toCidr(128, length, MAPPED | toNumber(ip)) : toCidr(32, length - 96, toNumber(ip));
}

function toCidr(bits: 32 | 128, length: number, number: bigint): Cidr | undefined {
  return length > bits ? undefined : { bits, length, prefix: number >> BigInt(bits - length) };
}

/** Width of an address in canonical text. */
export function widthOf(ip: string): 32 | 128 {
  return ip.includes(":") ? 128 : 32;
}

/** An address in canonical text (see parseIp) as a number. */
export function toNumber(ip: string): bigint {
  if (widthOf(ip) === 32) return ip.split(".").reduce((number, part) => (number << 8n) | BigInt(part), 0n);
  const [before = "", after = ""] = ip.split("::");
  const head = groupsOf(before);
  const tail = ip.includes("::") ? groupsOf(after) : [];
  const gap = new Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...gap, ...tail].reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
