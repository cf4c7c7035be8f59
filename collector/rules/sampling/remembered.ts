/** What was decided of traces, the last so many at least and twice as many at most: in two generations, so that nothing is sorted and forgetting is cheap. */
export class Remembered<T> {
  /** How many are remembered, from the next one on. */
  atLeast: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(atLeast: number) {
    this.atLeast = atLeast;
  }

  /** What is asked for stays remembered. */
  get(id: string): T | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.set(id, old);
    return old;
  }

  set(id: string, decision: T): void {
    if (this.#young.size >= this.atLeast) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, decision);
  }
}
