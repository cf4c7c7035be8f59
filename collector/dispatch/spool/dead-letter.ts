/** Something that a backend rejected for good. */
export interface DeadLetter {
  /** One line, as the adapter gave it. */
  readonly reason: string;
  readonly handler: string;
  /** When it was given up, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** How often it was sent. */
  readonly attempts: number;
  /** The instance, as JSON. */
  readonly payload: Uint8Array;
}

// An envelope is one JSON object. Inside a text, a quotation mark has a backslash before it: the first occurrence of this
// is the key itself, and the instance behind it is cut out byte for byte.
const instanceKey = ',"instance":';
const end = Buffer.from("}");

/** A dead letter as it lies on disk: one JSON object around the instance's own bytes. */
export function toEnvelope({ reason, handler, timeMs, attempts, payload }: DeadLetter): Buffer {
  const facts = JSON.stringify({ reason, handler, timeMs, attempts });
  return Buffer.concat([Buffer.from(facts.slice(0, -1) + instanceKey), payload, end]);
}

/** Reads an envelope; undefined if it is none. */
export function fromEnvelope(envelope: Buffer): DeadLetter | undefined {
  const at = envelope.indexOf(instanceKey);
  if (at === -1) return undefined;
  try {
    const facts: unknown = JSON.parse(`${envelope.toString("utf8", 0, at)}}`);
    return { ...(facts as Omit<DeadLetter, "payload">), payload: envelope.subarray(at + instanceKey.length, -1) };
  } catch {
    return undefined;
  }
}
