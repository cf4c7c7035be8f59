/** Counters that are watched: among so many, one falls soon. */
const maxNames = 32;
const maxNameLength = 256;

/** Finds out whether a proxy sends growth instead of totals: totals of one stream never fall. */
export class DeltaWatch {
  private readonly last = new Map<string, number>();

  /** Whether this value shows that the proxy sends growth. */
  shows(name: string, value: number): boolean {
    if (name.length > maxNameLength) return false;
    const before = this.last.get(name);
    if (before !== undefined || this.last.size < maxNames) this.last.set(name, value);
    return before !== undefined && value < before;
  }
}
