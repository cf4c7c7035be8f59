/** What unfinished messages hold over all connections of a listener, against its limit. */
export class MemoryLedger {
  readonly maxBytes: number;
  heldBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Books a change; false if the listener now holds more than it may. */
  add(bytes: number): boolean {
    this.heldBytes += bytes;
    return bytes <= 0 || this.heldBytes <= this.maxBytes;
  }
}
