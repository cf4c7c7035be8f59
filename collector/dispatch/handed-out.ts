/** Positions of a log that were handed out and have not all ended: a log is acknowledged in order, batches end in any. */
export interface HandedOut {
  /** Positions not yet acknowledged. */
  readonly size: number;
  add(position: number, hasEnded: boolean): void;
  end(position: number): void;
  /** Acknowledges as far as everything has ended. */
  acknowledge(): void;
}

/** Nothing handed out at first. */
export function createHandedOut(acknowledge: (position: number) => void): HandedOut {
  let inOrder: { readonly position: number; hasEnded: boolean }[] = [];
  const byPosition = new Map<number, { hasEnded: boolean }>();
  return {
    get size() {
      return inOrder.length;
    },
    add(position, hasEnded) {
      const entry = { position, hasEnded };
      inOrder.push(entry);
      if (!hasEnded) byPosition.set(position, entry);
    },
    end(position) {
      const entry = byPosition.get(position);
      if (entry !== undefined) entry.hasEnded = true;
      byPosition.delete(position);
    },
    acknowledge() {
      const open = inOrder.findIndex(({ hasEnded }) => !hasEnded);
      const ended = open === -1 ? inOrder.length : open;
      if (ended === 0) return;
      const last = inOrder[ended - 1] as { readonly position: number };
      inOrder = inOrder.slice(ended);
      acknowledge(last.position);
    },
  };
}
