/** Bytes read at once. */
export const chunkBytes = 262_144;

/** Buffers that are used again: a backlog is read without leaving garbage behind. */
export class ChunkPool {
  #free: Buffer[] = [];
  #used: Buffer[] = [];

  /** A buffer of `chunkBytes`, or, once in a while, a larger one. */
  take(bytes: number): Buffer {
    if (bytes > chunkBytes) return Buffer.allocUnsafeSlow(bytes);
    const chunk = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    this.#used.push(chunk);
    return chunk;
  }

  /** Nobody looks any more at what was taken, but for one buffer that is still being read. */
  reuse(current: ArrayBufferLike | undefined): void {
    const isCurrent = ({ buffer }: Buffer) => buffer === current;
    this.#free.push(...this.#used.filter((chunk) => !isCurrent(chunk)));
    this.#used = this.#used.filter(isCurrent);
  }
}
