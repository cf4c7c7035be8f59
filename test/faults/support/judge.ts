/** What a record says: anyone can tell from its id what its text has to be. */
export function textOf(id: string): string {
  let hash = 2166136261;
  for (const char of id) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619) >>> 0;
  return `/${id}/${hash.toString(16).repeat(1 + (hash % 40))}`;
}

/** How it ended. */
export interface Verdict {
  /** Acknowledged to the producer. */
  readonly acknowledged: number;
  readonly delivered: number;
  readonly deadLettered: number;
  /** Acknowledged, and neither delivered nor a dead letter. */
  readonly lost: readonly string[];
  /** What arrived and is not what was sent. */
  readonly altered: readonly string[];
  /** Deliveries beyond the first. */
  readonly duplicates: number;
}

/** Writes down what was acknowledged, delivered and refused for good, and compares. */
export class Judge {
  readonly #acknowledged = new Set<string>();
  readonly #delivered = new Map<string, number>();
  readonly #dead = new Set<string>();
  readonly #altered: string[] = [];

  acknowledge(ids: readonly string[]): void {
    for (const id of ids) this.#acknowledged.add(id);
  }

  /** One body as a backend took it: a JSON object a line. */
  deliver(body: string): void {
    for (const line of body.split("\n").slice(0, -1)) this.#take(line, (id) => this.#count(id));
  }

  /** A dead letter, as JSON. */
  bury(json: string): void {
    this.#take(json, (id) => this.#dead.add(id));
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get delivered(): number {
    return this.#delivered.size;
  }

  verdict(): Verdict {
    const isThere = (id: string) => this.#delivered.has(id) || this.#dead.has(id);
    return {
      acknowledged: this.#acknowledged.size,
      delivered: this.#delivered.size,
      deadLettered: this.#dead.size,
      lost: [...this.#acknowledged].filter((id) => !isThere(id)),
      altered: this.#altered,
      duplicates: [...this.#delivered.values()].reduce((sum, times) => sum + times - 1, 0),
    };
  }

  #count(id: string): void {
    this.#delivered.set(id, (this.#delivered.get(id) ?? 0) + 1);
  }

  #take(json: string, take: (id: string) => void): void {
    const id = idOf(json);
    if (id === undefined) this.#altered.push(json);
    else take(id);
  }
}

/** The id of a record; undefined unless the record is as it was sent. */
function idOf(json: string): string | undefined {
  try {
    const { id, text } = JSON.parse(json);
    return text === textOf(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
