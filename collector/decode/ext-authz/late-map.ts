import { parseMap } from "../access-log/map.ts";
import type { ByteCache } from "../byte-cache.ts";

/** A map of text that is decoded when somebody first looks into it. Its bytes are its own, so that it may be kept. */
export class LateMap extends Map<string, string> {
  readonly #texts: ByteCache<string>;
  #bytes: Buffer | undefined;

  /** `bytes` are those of its entries, and there is at least one. */
  constructor(bytes: Buffer, texts: ByteCache<string>) {
    super();
    this.#bytes = bytes;
    this.#texts = texts;
  }

  override get(name: string): string | undefined {
    this.#decode();
    return super.get(name);
  }

  override has(name: string): boolean {
    this.#decode();
    return super.has(name);
  }

  override get size(): number {
    this.#decode();
    return super.size;
  }

  override entries(): MapIterator<[string, string]> {
    this.#decode();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  override keys(): MapIterator<string> {
    this.#decode();
    return super.keys();
  }

  override values(): MapIterator<string> {
    this.#decode();
    return super.values();
  }

  override forEach(each: (value: string, name: string, map: Map<string, string>) => void): void {
    this.#decode();
    super.forEach(each);
  }

  #decode(): void {
    const bytes = this.#bytes;
    if (bytes === undefined) return;
    this.#bytes = undefined;
    parseMap(bytes, 0, bytes.length, this.#texts, this);
  }
}
