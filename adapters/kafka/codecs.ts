import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import type { KafkaConfig } from "./config.ts";

type Compression = KafkaConfig["compression"];

/** A way to pack the records of a partition. */
export interface Codec {
  /** As record batches name it. */
  readonly number: number;
  /** Absent where records stay as they are. */
  readonly compress?: Compress;
}

type Compress = (data: Uint8Array) => Promise<Buffer>;

const numbers: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** The native ones are loaded only where they are wanted. */
const loaders: Readonly<Partial<Record<Compression, () => Promise<Compress>>>> = {
  gzip: async () => promisify<Uint8Array, Buffer>(gzip),
  snappy: async () => (await import("snappy")).default.compress,
  lz4: async () => (await import("lz4-napi")).default.compressFrame,
  zstd: async () => promisify(zstdCompress),
};

/** The codec that the settings name; throws if this machine has none. */
export async function loadCodec(compression: Compression): Promise<Codec> {
  const number = numbers[compression];
  const load = loaders[compression];
  if (load === undefined) return { number };
  try {
    return { number, compress: await load() };
  } catch (cause) {
    throw new Error(`compression: ${compression} does not load on this machine; set gzip, zstd or none`, { cause });
  }
}
