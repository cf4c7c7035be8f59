/** An open way to a server. It connects when it is first used, and anew after it was closed. */
export interface Way {
  /** Hands text over to the system; rejects if it does not take it. */
  send(text: string): Promise<void>;
  close(): void;
}
