import type { WireFault } from "../reader.ts";

/** Why a value inside a sound entry was left out: not in the range of its type, a broken Struct, or too large. */
export type ValueFault = "integer_range" | "time_range" | "struct" | "size";

/** Why an entry was skipped; `framing`: the rest of its list could not be told apart. */
export type EntryFault = WireFault | "framing";

/** What a decoder tells its owner, to be counted. */
export interface AccessLogDecodeEvents {
  /** An entry was skipped because its bytes are malformed. */
  entry(fault: EntryFault): void;
  /** A value could not be used and is absent. */
  value(fault: ValueFault): void;
  /** A stream began without an identifier: its entries are taken, under an empty node, until one comes. */
  identifierMissing(): void;
  /** An identifier was malformed and is passed over. */
  identifierMalformed(): void;
}
