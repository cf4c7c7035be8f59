import type { HeldSpan } from "./held-span.ts";

/** The spans of the last seconds, by their keys and by those of their parents, in the order of their arrival. */
export class WaitingSpans {
  size = 0;
  bytes = 0;
  /** Apart, since the two sides of a call may go by one id in Zipkin. */
  readonly #exits = new Map<string, HeldSpan>();
  readonly #entries = new Map<string, HeldSpan>();
  /** Those whose parent was not there yet, by its key: mostly one. */
  readonly #children = new Map<string, HeldSpan | HeldSpan[]>();
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

  /** The spans that expect a parent of this id. */
  childrenOf(key: string): readonly HeldSpan[] {
    const children = this.#children.get(key);
    if (children === undefined) return none;
    return Array.isArray(children) ? children : [children];
  }

  /** Adds a span, whose id must not be there. */
  add(held: HeldSpan): void {
    (held.facts.isExit ? this.#exits : this.#entries).set(held.key, held);
    if (this.#newest === undefined) this.#oldest = held;
    else this.#newest.next = held;
    this.#newest = held;
    this.size++;
    this.bytes += held.bytes;
  }

  /** Notes that a span expects its parents, which are not there, or not all of them. */
  expect(held: HeldSpan): void {
    held.isExpecting = true;
    for (const parent of held.parents) {
      const siblings = this.#children.get(parent);
      if (siblings === undefined) this.#children.set(parent, held);
      else if (Array.isArray(siblings)) siblings.push(held);
      else this.#children.set(parent, [siblings, held]);
    }
  }

  /** Takes the oldest out. */
  removeOldest(): HeldSpan | undefined {
    const held = this.#oldest;
    if (held === undefined) return undefined;
    this.#oldest = held.next;
    if (this.#oldest === undefined) this.#newest = undefined;
    held.next = undefined;
    (held.facts.isExit ? this.#exits : this.#entries).delete(held.key);
    if (held.isExpecting) for (const parent of held.parents) this.#removeChild(parent, held);
    this.size--;
    this.bytes -= held.bytes;
    return held;
  }

  #removeChild(parent: string, held: HeldSpan): void {
    const siblings = this.#children.get(parent);
    if (!Array.isArray(siblings) || siblings.length === 1) this.#children.delete(parent);
    // The oldest span stands first among its siblings.
    else siblings.splice(siblings.indexOf(held), 1);
  }
}

const none: readonly HeldSpan[] = [];
