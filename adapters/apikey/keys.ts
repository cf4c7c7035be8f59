import { createHash, timingSafeEqual } from "node:crypto";
import { parse } from "yaml";
import { z } from "zod";

const file = z.strictObject({
  keys: z.array(
    z.strictObject({
      name: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/i, "expected 64 hexadecimal digits: printf %s KEY | sha256sum"),
      expires: z.iso.datetime({ offset: true, error: "expected a time such as 2027-01-31T00:00:00Z" }).optional(),
      metadata: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** A key as the file has it: who has it, not what it is. */
export interface ApiKey {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In milliseconds since the epoch; infinite if never. */
  readonly expiresMs: number;
}

/** The keys of a file. */
export interface ApiKeys {
  find(key: string): ApiKey | undefined;
}

/** Reads a file of keys; throws with everything that is wrong with it. */
export function parseKeys(text: string): ApiKeys {
  const { data, error } = file.safeParse(parse(text));
  if (data === undefined) {
    const faults = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new Error(`the file of keys is no good: ${faults.join("; ")}`);
  }
  const entries = data.keys.map(({ name, sha256, expires, metadata }) => ({
    hash: Buffer.from(sha256, "hex"),
    key: { name, metadata, expiresMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires) },
  }));
  const byHash = new Map(entries.map((entry) => [entry.hash.toString("hex"), entry]));
  if (byHash.size < entries.length) throw new Error("the file of keys is no good: two keys have the same hash");
  return {
    // What the look-up takes tells of hashes, which nobody can choose; keys themselves are never compared.
    find(key) {
      const hash = createHash("sha256").update(key).digest();
      const entry = byHash.get(hash.toString("hex"));
      return entry !== undefined && timingSafeEqual(entry.hash, hash) ? entry.key : undefined;
    },
  };
}
