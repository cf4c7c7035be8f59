import type { HeaderChange } from "../../../schemas/model/verdict.ts";

/** Field names (RFC 9110, 5.1); pseudo headers are none. */
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What frames a message, or says whom it is for, is not a decision's to change. */
const fixed: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding", "connection"]);

/** The changes that a proxy takes: others are left out, and what would end a header line becomes a space. */
export function sendable(changes: readonly HeaderChange[] = []): readonly HeaderChange[] {
  return changes.flatMap((change): readonly HeaderChange[] => {
    const name = change.name.toLowerCase();
    if (!fieldName.test(name) || fixed.has(name)) return [];
    return [change.action === "remove" ? { ...change, name } : { ...change, name, value: oneLine(change.value) }];
  });
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, " ");
}
