import type { Address, TlsProperties } from "../../../schemas/model/access-log.ts";
import { ByteCache } from "../byte-cache.ts";
import { decodeText } from "../reader.ts";
import { StructCache } from "../struct-cache.ts";
import { type IpCache, parseAddress, parseIpBytes } from "./address.ts";
import { parseFlags } from "./flags.ts";
import { parseTls } from "./tls.ts";

/** What one decoder remembers between entries: about 4 MB at most before the values themselves. */
export interface Caches {
  readonly texts: ByteCache<string>;
  readonly ips: IpCache;
  readonly addresses: ByteCache<Address>;
  readonly flags: ByteCache<string | undefined>;
  readonly tls: ByteCache<TlsProperties>;
  readonly structs: StructCache;
}

/** Makes empty caches. */
export function createCaches(): Caches {
  const texts = new ByteCache({ entries: 4096, maxBytes: 128 }, decodeText);
  const ips: IpCache = new ByteCache({ entries: 2048, maxBytes: 48 }, parseIpBytes);
  return {
    texts,
    ips,
    addresses: new ByteCache({ entries: 2048, maxBytes: 64 }, (bytes, start, end) =>
      parseAddress(bytes, start, end, ips),
    ),
    flags: new ByteCache({ entries: 64, maxBytes: 64 }, parseFlags),
    tls: new ByteCache({ entries: 512, maxBytes: 1024 }, parseTls),
    structs: new StructCache(),
  };
}
