/** Chooses an endpoint for each trace: always the same while the same endpoints are up. */
export interface Ring {
  /** The number of the endpoint, of those that are not left out. */
  choose(traceId: Uint8Array): number;
}

/**
 * Highest random weight: each endpoint has a score for each trace, and the highest wins. When one goes, only its traces move, to those
 * that have the next scores.
 */
export function createRing(endpoints: readonly string[], isLeftOut: (endpoint: number) => boolean): Ring {
  const seeds = endpoints.map((endpoint) => hash(Buffer.from(endpoint), 0x811c_9dc5));
  return {
    choose(traceId) {
      const mark = hash(traceId, 0x811c_9dc5);
      let best = -1;
      let highest = -1;
      for (const [number, seed] of seeds.entries()) {
        const score = mix(mark ^ seed);
        if (score <= highest || isLeftOut(number)) continue;
        best = number;
        highest = score;
      }
      return best;
    },
  };
}

/** FNV-1a. */
function hash(bytes: Uint8Array, start: number): number {
  let hashed = start;
  for (const byte of bytes) hashed = Math.imul(hashed ^ byte, 0x0100_0193);
  return hashed;
}

/** The finalizer of MurmurHash3, so that near seeds give far scores. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
