import type { HeldSpan } from "./held-span.ts";

/** The spans of the last seconds, by their ids and by those of their parents, in the order of their arrival. */
export class WaitingSpans {
  size = 0;
  bytes = 0;
  /** Apart, since the two sides of a call may go by one id in Zipkin. */
  readonly #exits = new Map<string, HeldSpan>();
  readonly #entries = new Map<string, HeldSpan>();
  /** By the id of a parent. */
  readonly #children = new Map<string, HeldSpan[]>();
  #oldest: HeldSpan | undefined;
  #newest: HeldSpan | undefined;

  /** The one that came first. */
  get oldest(): HeldSpan | undefined {
    return this.#oldest;
  }

  /** Whether a span of the same id and side is there. */
  has(key: string, isExit: boolean): boolean {
    return (isExit ? this.#exits : this.#entries).has(key);
  }

  /** The caller's span of this id, else that of the one who was called. */
  find(key: string): HeldSpan | undefined {
    return this.#exits.get(key) ?? this.#entries.get(key);
  }

  /** The spans whose parent has this id. */
  childrenOf(key: string): readonly HeldSpan[] {
    return this.#children.get(key) ?? none;
  }

  /** Adds a span, whose id must not be there. */
  add(held: HeldSpan): void {
    (held.facts.isExit ? this.#exits : this.#entries).set(held.key, held);
    for (const parent of held.parents) {
      const siblings = this.#children.get(parent);
      if (siblings === undefined) this.#children.set(parent, [held]);
      else siblings.push(held);
    }
    if (this.#newest === undefined) this.#oldest = held;
    else this.#newest.next = held;
    this.#newest = held;
    this.size++;
    this.bytes += held.bytes;
  }

  /** Takes the oldest out. */
  removeOldest(): HeldSpan | undefined {
    const held = this.#oldest;
    if (held === undefined) return undefined;
    this.#oldest = held.next;
    if (this.#oldest === undefined) this.#newest = undefined;
    held.next = undefined;
    (held.facts.isExit ? this.#exits : this.#entries).delete(held.key);
    for (const parent of held.parents) this.#removeChild(parent, held);
    this.size--;
    this.bytes -= held.bytes;
    return held;
  }

  #removeChild(parent: string, held: HeldSpan): void {
    const siblings = this.#children.get(parent);
    if (siblings === undefined || siblings.length <= 1) this.#children.delete(parent);
    // The oldest span stands first among its siblings.
    else siblings.splice(siblings.indexOf(held), 1);
  }
}

const none: readonly HeldSpan[] = [];
