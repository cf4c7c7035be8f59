/** What an adapter threw or rejected with, in one line, whatever it is. Never throws. */
export function errorText(error: unknown): string {
  try {
    if (error instanceof Error) return oneLine(error.message === "" ? error.name : error.message);
    return typeof error === "object" && error !== null ? oneLine(JSON.stringify(error)) : String(error);
  } catch {
    return "something that cannot be shown";
  }
}

const MAX_TEXT = 300;

function oneLine(text: unknown): string {
  return String(text).replace(/\s+/g, " ").trim().slice(0, MAX_TEXT);
}
