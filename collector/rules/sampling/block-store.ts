/** Bytes of one block: half of one is lost to each chain, on average. */
export const blockBytes = 512;
/** Blocks of one slab, which is what memory is taken and given back in. */
const slabBlocks = 2048;
/** One spare block for so many in use is not given back. */
const spareShare = 4;
const none = -1;

/** Bytes that grow at the end, in blocks of a store. */
export interface Chain {
  head: number;
  tail: number;
  length: number;
}

/** A chain without bytes. */
export const emptyChain = (): Chain => ({ head: none, tail: none, length: 0 });

/** One piece of memory, and its blocks that are free. */
interface Slab {
  readonly bytes: Buffer;
  /** The block behind each, by number. */
  readonly next: Int32Array;
  readonly free: Uint16Array;
  freeCount: number;
}

/**
 * Keeps the bytes of many chains in blocks of one size. Any block serves any chain, so no memory is lost between chains that end in
 * another order than they began, and no more is ever taken from the system than is in use at the height, up to a slab.
 */
export class BlockStore {
  /** Blocks in use. */
  used = 0;
  #taken = 0;
  readonly #slabs: (Slab | undefined)[] = [];
  /** Places of slabs that have free blocks. */
  readonly #open: number[] = [];

  /** Bytes taken from the system. */
  get takenBytes(): number {
    return this.#taken * slabBlocks * blockBytes;
  }

  /** The bytes that blocks take up. */
  get usedBytes(): number {
    return this.used * blockBytes;
  }

  /** What `usedBytes` grows by when that much is appended to a chain. */
  growth({ length }: Chain, bytes: number): number {
    return (Math.ceil((length + bytes) / blockBytes) - Math.ceil(length / blockBytes)) * blockBytes;
  }

  /** Puts bytes at the end of a chain. */
  append(chain: Chain, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const filled = chain.length % blockBytes;
      if (filled === 0) this.#extend(chain);
      const count = Math.min(blockBytes - filled, bytes.length - from);
      const to = (chain.tail % slabBlocks) * blockBytes + filled;
      const slab = this.#slabOf(chain.tail).bytes;
      if (count === bytes.length) slab.set(bytes, to);
      else slab.set(bytes.subarray(from, from + count), to);
      chain.length += count;
      from += count;
    }
  }

  /** A copy of a chain's bytes. */
  read(chain: Chain): Buffer {
    const bytes = Buffer.allocUnsafeSlow(chain.length);
    let block = chain.head;
    for (let at = 0; at < chain.length; at += blockBytes) {
      const from = (block % slabBlocks) * blockBytes;
      const slab = this.#slabOf(block);
      slab.bytes.copy(bytes, at, from, from + Math.min(blockBytes, chain.length - at));
      block = slab.next[block % slabBlocks]!;
    }
    return bytes;
  }

  /** Frees a chain's blocks; it is empty from then on. */
  free(chain: Chain): void {
    for (let block = chain.head; block !== none; ) {
      const slab = this.#slabOf(block);
      const next = slab.next[block % slabBlocks]!;
      if (slab.freeCount === 0) this.#open.push(Math.floor(block / slabBlocks));
      slab.free[slab.freeCount++] = block % slabBlocks;
      this.used--;
      if (slab.freeCount === slabBlocks) this.#giveBack(Math.floor(block / slabBlocks));
      block = next;
    }
    chain.head = none;
    chain.tail = none;
    chain.length = 0;
  }

  #slabOf(block: number): Slab {
    return this.#slabs[Math.floor(block / slabBlocks)]!;
  }

  #extend(chain: Chain): void {
    const place = this.#open.at(-1) ?? this.#take();
    const slab = this.#slabs[place]!;
    const within = slab.free[--slab.freeCount]!;
    if (slab.freeCount === 0) this.#open.pop();
    slab.next[within] = none;
    const block = place * slabBlocks + within;
    if (chain.tail === none) chain.head = block;
    else this.#slabOf(chain.tail).next[chain.tail % slabBlocks] = block;
    chain.tail = block;
    this.used++;
  }

  #take(): number {
    const free = new Uint16Array(slabBlocks).map((_, i) => slabBlocks - 1 - i);
    const bytes = Buffer.allocUnsafeSlow(slabBlocks * blockBytes);
    const slab = { bytes, next: new Int32Array(slabBlocks), free, freeCount: slabBlocks };
    const hole = this.#slabs.indexOf(undefined);
    const place = hole < 0 ? this.#slabs.length : hole;
    this.#slabs[place] = slab;
    this.#open.push(place);
    this.#taken++;
    return place;
  }

  /** A slab that is wholly free goes, unless it will soon be needed again: some are kept spare, by how much is in use. */
  #giveBack(place: number): void {
    const spare = this.takenBytes / blockBytes - this.used - slabBlocks;
    if (spare < Math.max(slabBlocks, this.used / spareShare)) return;
    this.#open.splice(this.#open.indexOf(place), 1);
    this.#slabs[place] = undefined;
    this.#taken--;
  }
}
