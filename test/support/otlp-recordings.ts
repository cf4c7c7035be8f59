import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** One message that a real Envoy sent. */
export interface Recording {
  readonly method: string;
  readonly note: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** The official decoding; null where the official decoder refused the message. */
  readonly json: unknown;
}

/** The messages recorded in a file of the conformance folder. */
export function recordingsIn(file: string): Recording[] {
  const folder = resolve(import.meta.dirname, "../../../shared/conformance/envoy");
  return readFileSync(resolve(folder, file), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { base64, ...rest } = JSON.parse(line);
      return { ...rest, bytes: Buffer.from(base64, "base64") };
    });
}
