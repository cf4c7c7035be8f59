/** How far a log is done with, and how old what is left is. */
export class Progress {
  #acked: number;
  /** Positions set aside beyond the acknowledged one. */
  readonly #gaps: { readonly from: number; readonly to: number }[] = [];
  /** Records read and not yet acknowledged, by batch. */
  readonly #batches: { readonly last: number; readonly timeMs: number }[] = [];
  /** About when the oldest record that is not read was appended. */
  unreadSinceMs: number | undefined;

  constructor(acked: number) {
    this.#acked = acked;
  }

  /** Everything up to this position is done with. */
  get acked(): number {
    return this.#acked;
  }

  /** Of the records before a position, those not done with. */
  pendingBefore(next: number): number {
    return next - 1 - this.#acked - this.#gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** When the oldest record that is not done with was appended. */
  get oldestMs(): number | undefined {
    return this.#batches[0]?.timeMs ?? this.unreadSinceMs;
  }

  /** A batch was read: its last position, and when its first and its last record were appended. */
  read(last: number, firstMs: number, lastMs: number): void {
    this.#batches.push({ last, timeMs: firstMs });
    this.unreadSinceMs = lastMs;
  }

  /** Everything up to a position is done with, and what was set aside right behind it. True if that is news. */
  acknowledge(position: number): boolean {
    const before = this.#acked;
    this.#acked = Math.max(before, position);
    while (this.#gaps[0] !== undefined && this.#gaps[0].from <= this.#acked + 1)
      this.#acked = Math.max(this.#acked, this.#gaps.shift()!.to - 1);
    while (this.#batches[0] !== undefined && this.#batches[0].last <= this.#acked) this.#batches.shift();
    return this.#acked > before;
  }

  /** Positions from one up to another are set aside. True if everything before them is done with, and so they are. */
  setAside(from: number, to: number): boolean {
    this.#gaps.push({ from, to });
    return this.acknowledge(this.#acked);
  }
}
