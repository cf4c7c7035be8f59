import { parseIp } from "../../../schemas/model/ip.ts";
import type { EvalFailure } from "../expression.ts";
import { BOOL, CIDR, IP_ADDRESS, STRING } from "../types.ts";
import { type Block, BoxedBlock } from "../values.ts";
import { fault, fn, method, type Overload, strict } from "./overload.ts";

const notAnIp = (text: string) => fault(`${JSON.stringify(text.slice(0, 60))} is no IP address`);

function toIp(text: string): string | EvalFailure {
  return parseIp(text) ?? notAnIp(text);
}

/** The block of addresses that `address/bits` names (RFC 4632, RFC 4291 2.3); an address alone is a block of one. */
export function toBlock(text: string): Block | undefined {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const mapped = !ip.includes(":") && address.includes(":");
  const width = ip.includes(":") ? 128 : 32;
  const length = bits === undefined ? width : Number(bits) - (mapped ? 96 : 0);
  if (length < 0 || length > width) return undefined;
  return width === 32 ? blockOf4(ip, length) : blockOf6(ip, length);
}

/** The 32 bits of a canonical IPv4 address, or -1 for IPv6. */
function toBits(ip: string): number {
  let bits = 0;
  let number = 0;
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i);
    if (code === 46) {
      bits = bits * 256 + number;
      number = 0;
    } else if (code < 48 || code > 57) return -1;
    else number = number * 10 + code - 48;
  }
  return bits * 256 + number;
}

function blockOf4(ip: string, length: number): Block {
  const size = 2 ** (32 - length);
  const first = Math.floor(toBits(ip) / size) * size;
  const contains = (other: string) => {
    const bits = toBits(other);
    return bits >= first && bits < first + size;
  };
  const start = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
  return { text: `${start}/${length}`, contains };
}

function blockOf6(ip: string, length: number): Block {
  const mask = ((1n << BigInt(length)) - 1n) << BigInt(128 - length);
  const first = toWide(ip) & mask;
  const contains = (other: string) => other.includes(":") && (toWide(other) & mask) === first;
  return { text: `${first.toString(16)}/${length}`, contains };
}

/** The 128 bits of a canonical IPv6 address. */
function toWide(ip: string): bigint {
  const [before = "", after] = ip.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after ? after.split(":") : [];
  const zeros = after === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill("0");
  return BigInt(`0x${[...head, ...zeros, ...tail].map((group) => group.padStart(4, "0")).join("")}`);
}

function cidr(text: string): BoxedBlock | EvalFailure {
  const block = toBlock(text);
  return block
    ? new BoxedBlock(block)
    : fault(`${JSON.stringify(text.slice(0, 60))} is no block; write it as in "10.0.0.0/8"`);
}

function containsText({ block }: BoxedBlock, text: string): boolean | EvalFailure {
  const ip = parseIp(text);
  return ip === undefined ? notAnIp(text) : block.contains(ip);
}

/** Addresses and blocks of them; an IPv4-mapped IPv6 address is the IPv4 address. */
export const addressFunctions: readonly Overload[] = [
  strict(fn("ip", [STRING], IP_ADDRESS, toIp)),
  fn("ip", [IP_ADDRESS], IP_ADDRESS, (ip: string) => ip),
  strict(fn("cidr", [STRING], CIDR, cidr)),
  method("contains", [CIDR, IP_ADDRESS], BOOL, ({ block }: BoxedBlock, ip: string) => block.contains(ip)),
  strict(method("contains", [CIDR, STRING], BOOL, containsText)),
];
