import { readFile } from "node:fs/promises";
import { faultOf } from "./http.ts";

/** Reads a file of limited size; the reason of a rejection names it. */
export async function loadFile(path: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  const bytes = await readFile(path, { signal });
  if (bytes.length > maxBytes) throw new Error(`${path} has ${bytes.length} bytes, more than the ${maxBytes} allowed`);
  return bytes.toString();
}

/** What to get. */
export interface Get {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Gets a text of limited size over HTTP; the reason of a rejection names the URL. Redirects are not followed. */
export async function loadUrl(
  fetch: typeof globalThis.fetch,
  { url, headers, maxBytes, signal }: Get,
): Promise<string> {
  try {
    const response = await fetch(url, { headers: { "user-agent": "mixdown", ...headers }, signal, redirect: "manual" });
    if (response.status === 200) return await textOf(response, maxBytes);
    await response.body?.cancel();
    throw new Error(`the answer has status ${response.status}`);
  } catch (error) {
    throw new Error(`${url}: ${faultOf(error)}`, { cause: error });
  }
}

/** The body of an answer, or of one that is too long none of it. */
export async function textOf(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer has more than the ${maxBytes} bytes allowed`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
