/** A place in a queue, of one thing. */
export class Link<T> {
  readonly of: T;
  before: Link<T> | undefined = undefined;
  behind: Link<T> | undefined = undefined;
  queue: Queue<T> | undefined = undefined;

  constructor(of: T) {
    this.of = of;
  }
}

/** Things in the order in which they joined; any may leave at any time. */
export class Queue<T> {
  #first: Link<T> | undefined = undefined;
  #last: Link<T> | undefined = undefined;

  /** What has waited longest. */
  get first(): T | undefined {
    return this.#first?.of;
  }

  /** Goes to the end of this queue, and leaves the one it was in. */
  join(link: Link<T>): void {
    link.queue?.leave(link);
    link.queue = this;
    link.before = this.#last;
    if (this.#last === undefined) this.#first = link;
    else this.#last.behind = link;
    this.#last = link;
  }

  leave(link: Link<T>): void {
    if (link.before === undefined) this.#first = link.behind;
    else link.before.behind = link.behind;
    if (link.behind === undefined) this.#last = link.before;
    else link.behind.before = link.before;
    link.before = undefined;
    link.behind = undefined;
    link.queue = undefined;
  }
}
