import type { MessageReader } from "./framing.ts";

/** Tells how long the message that is being read has been on its way, from looking now and then: free for the hot path. */
export class MessageWatch {
  private readonly reader: MessageReader;
  private count = 0; // messages at the last look
  private waiting = false;
  private sinceMs = 0;

  constructor(reader: MessageReader) {
    this.reader = reader;
  }

  /** Milliseconds since the look at which this message was first missed; `due` if one must come. */
  look(nowMs: number, due: boolean): number {
    const { reader } = this;
    const idle = reader.count === this.count;
    if (!due || !idle || !this.waiting) this.sinceMs = nowMs;
    if (!due && idle) reader.shrink(); // nothing since the last look
    this.count = reader.count;
    this.waiting = due;
    return nowMs - this.sinceMs;
  }
}
