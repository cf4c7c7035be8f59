/** Takes a text, perhaps as it came, so that it need not be made for the sake of its hash. */
export interface TextHasher {
  text(text: string): void;
  /** Text in UTF-8. */
  bytes(bytes: Uint8Array, start: number, end: number): void;
}
