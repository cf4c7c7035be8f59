import { parseIp } from "../../schemas/model/ip.ts";

/** A block of addresses: those of one family whose leading bits are the same. */
export interface Cidr {
  readonly bits: 32 | 128;
  readonly length: number;
  /** The leading bits as a number, without those that vary. */
  readonly prefix: bigint;
}

/** Reads `address/length` (RFC 4632, RFC 4291 2.3), host bits ignored; an IPv4-mapped block becomes one of IPv4. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const bits = widthOf(ip);
  const mapped = bits === 32 && address.includes(":");
  const length = Number(digits) - (mapped ? 96 : 0);
  if (length < 0 || length > bits) return undefined;
  return { bits, length, prefix: toNumber(ip) >> BigInt(bits - length) };
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
