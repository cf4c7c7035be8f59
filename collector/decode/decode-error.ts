import type { WireFault } from "./reader.ts";

/** A message that cannot be read at all: its own fields do not fit into it. */
export class DecodeError extends Error {
  readonly fault: WireFault;

  constructor(fault: WireFault, message: string) {
    super(`not a ${message}: ${meanings[fault]}`);
    this.name = "DecodeError";
    this.fault = fault;
  }
}

const meanings: Record<WireFault, string> = {
  truncated: "a field is longer than what is left",
  overlong_varint: "a varint has more than 64 bits",
  bad_tag: "a field has no valid number",
  wire_type: "a field has a wire type that it cannot have",
  limit: "something is longer than is taken",
};
