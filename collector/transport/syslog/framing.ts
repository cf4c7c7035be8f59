/** What came out of one chunk. */
export interface Frames {
  /** Whole messages, valid until the next chunk is read. */
  readonly messages: readonly Buffer[];
  /** Messages dropped since they are too large. */
  readonly oversized: number;
  /** The stream is not understood from here on: an octet count that is none. */
  readonly broken: boolean;
}

/** Cuts a byte stream into messages. */
export interface Framer {
  /** Takes the next bytes. */
  read(chunk: Buffer): Frames;
  /** The stream is over: what is left is a line without its end. */
  end(): readonly Buffer[];
  /** Bytes kept of a message that has not arrived whole. */
  readonly heldBytes: number;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const MAX_DIGITS = 8;

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

/**
 * Syslog over TCP (RFC 6587), both ways of framing, told apart message by message: `COUNT SP MESSAGE` where one begins
 * with a digit, else a line. Messages of more than `maxBytes` are passed over.
 */
export function createFramer(maxBytes: number): Framer {
  let state: "between" | "count" | "body" | "line" = "between";
  let parts: Buffer[] = [];
  let heldBytes = 0;
  let digits = 0;
  /** Bytes of the body that are still to come. */
  let missing = 0;
  let dropping = false;

  function keep(bytes: Buffer): void {
    if (dropping || bytes.length === 0) return;
    parts.push(bytes);
    heldBytes += bytes.length;
  }

  function take(): Buffer {
    const message = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    forget();
    return message;
  }

  function forget(): void {
    parts = [];
    heldBytes = 0;
  }

  return {
    read(chunk) {
      const messages: Buffer[] = [];
      let oversized = 0;
      const drop = () => {
        oversized++;
        dropping = true;
        forget();
      };
      const finish = () => {
        if (!dropping) messages.push(take());
        dropping = false;
        state = "between";
      };

      for (let at = 0; at < chunk.length; ) {
        const byte = chunk[at] as number;
        if (state === "between") {
          if (byte <= SPACE) at++;
          else if (isDigit(byte)) [state, digits, missing] = ["count", 0, 0];
          else state = "line";
        } else if (state === "count") {
          at++;
          if (isDigit(byte) && ++digits <= MAX_DIGITS) missing = missing * 10 + byte - 0x30;
          else if (byte === SPACE && missing > 0) {
            state = "body";
            if (missing > maxBytes) drop();
          } else return { messages, oversized, broken: true };
        } else if (state === "body") {
          const end = Math.min(chunk.length, at + missing);
          keep(chunk.subarray(at, end));
          missing -= end - at;
          at = end;
          if (missing === 0) finish();
        } else {
          const newline = chunk.indexOf(NEWLINE, at);
          const end = newline < 0 ? chunk.length : newline;
          if (!dropping && heldBytes + end - at > maxBytes) drop();
          keep(chunk.subarray(at, end));
          at = end + 1;
          if (newline >= 0) finish();
        }
      }
      return { messages, oversized, broken: false };
    },
    end() {
      if (state !== "line" || dropping || heldBytes === 0) return [];
      state = "between";
      return [take()];
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}
