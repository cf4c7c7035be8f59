/** Every fault the hub reports by code: what it means, and the exit status where it ends the program. */
export const errorTable = {
  CONFIG_INVALID: { meaning: "The configuration has errors; each is listed with its place.", exit: 78 },
  CONFIG_UNREADABLE: { meaning: "A configuration file cannot be read.", exit: 78 },
  USAGE: { meaning: "The command line is wrong.", exit: 64 },
  LISTEN_FAILED: { meaning: "A listener's address cannot be bound.", exit: 71 },
  TLS_INVALID: { meaning: "A certificate, key or CA file cannot be used.", exit: 78 },
  HANDLER_OPEN_FAILED: { meaning: "An adapter could not be opened.", exit: 69 },
  STORE_BUSY: { meaning: "Another hub holds the statistics store; this one waits for it.", exit: 74 },
  STORE_UNUSABLE: { meaning: "The statistics store cannot be opened or belongs to something else.", exit: 74 },
  SPOOL_BUSY: { meaning: "A running hub holds the logs on disk; stop it first.", exit: 74 },
  SPOOL_DAMAGED: { meaning: "`mixdown spool verify` found damage.", exit: 65 },
  RUNTIME_TOO_OLD: { meaning: "Node is older than the oldest supported version.", exit: 70 },
} as const satisfies Record<string, { meaning: string; exit: number }>;

/** A code of the table. */
export type ErrorCode = keyof typeof errorTable;

/** A fault with a code from the table; foreign errors are kept as `cause`. */
export class HubError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "HubError";
    this.code = code;
  }
}
