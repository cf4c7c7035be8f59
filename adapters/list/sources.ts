import { loadFile, loadUrl } from "../shared/load-text.ts";
import type { ListConfig } from "./config.ts";
import { addText, createEntries, type Entries } from "./entries.ts";

/** A file or a URL with what it held. */
type Source = readonly [name: string, text: string];

/** Gets the texts of a list's files and URL, all of them or none, as one text. */
export async function loadEntries(
  { files, url, headers, maxBytes }: ListConfig,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<string> {
  const sources = await Promise.all([
    ...files.map(async (file): Promise<Source> => [file, await loadFile(file, maxBytes, signal)]),
    ...(url === undefined
      ? []
      : [loadUrl(fetch, { url, headers, maxBytes, signal }).then((text): Source => [url, text])]),
  ]);
  return JSON.stringify(sources);
}

/** The list that such a text comes to, with the entries of the settings; throws naming the file and line that is wrong. */
export function parseEntries(text: string, { match, entries: plain }: ListConfig): Entries {
  const entries = createEntries(match);
  for (const entry of plain) entries.add(entry);
  for (const [name, held] of JSON.parse(text) as readonly Source[]) {
    try {
      addText(entries, held, match);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return entries;
}
