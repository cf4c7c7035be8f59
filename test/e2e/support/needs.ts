import { describe } from "vitest";
import { missingPeers, type PeerProgram } from "../../support/peers.ts";

/**
 * A `describe` for tests that need these programs. In CI a missing one is an error; elsewhere the tests are skipped and
 * a warning says which program was missing.
 */
export function describeWith(...peers: PeerProgram[]): typeof describe | typeof describe.skip {
  const missing = missingPeers(peers);
  if (missing.length === 0) return describe;
  console.warn(`skipped: ${missing.join(", ")} not found; .ci/install-peers brings it`);
  return describe.skip;
}

/** Prints a figure that a test measured, for reports. */
export function measured(what: string, value: string): void {
  console.log(`measured: ${what}: ${value}`);
}
