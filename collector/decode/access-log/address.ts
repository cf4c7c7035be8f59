import type { Address } from "../../../schemas/model/access-log.ts";
import { parseIp } from "../../../schemas/model/ip.ts";
import type { ByteCache } from "../byte-cache.ts";
import { decodeText, ProtoReader } from "../reader.ts";

/** Canonical text of addresses by the bytes of their text. */
export type IpCache = ByteCache<string | undefined>;

/** The address in these bytes of text, if it is an IP. */
export function parseIpBytes(bytes: Buffer, start: number, end: number): string | undefined {
  return parseIp(decodeText(bytes, start, end));
}

const none: Address = { ip: undefined, port: undefined };

/** Address: oneof SocketAddress = 1, Pipe = 2, EnvoyInternalAddress = 3; the last of a oneof counts. */
export function parseAddress(bytes: Buffer, start: number, end: number, ips: IpCache): Address {
  const reader = new ProtoReader().reset(bytes, start, end);
  let address = none;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === 1) address = readSocketAddress(reader, bytes, ips);
    else {
      if (field === 2 || field === 3) address = none;
      reader.skip(tag & 7);
    }
  }
  return address;
}

/** SocketAddress: address = 2, oneof port_value = 3, named_port = 4. */
function readSocketAddress(reader: ProtoReader, bytes: Buffer, ips: IpCache): Address {
  const outer = reader.enter();
  let ip: string | undefined;
  let port: number | undefined;
  while (reader.more) {
    const tag = reader.tag();
    const field = tag >>> 3;
    if (field === 2) {
      const length = reader.length();
      ip = ips.get(bytes, reader.pos, reader.pos + length);
      reader.pos += length;
    } else if (field === 3) port = reader.varint() >>> 0;
    else {
      if (field === 4) port = undefined;
      reader.skip(tag & 7);
    }
  }
  reader.leave(outer);
  return { ip, port };
}
