/** What could end a line, a quoted field or a terminal's peace: controls, quotes, backslashes and Unicode's line ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const unsafe = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\" };

/** Text that stays in its field, whoever wrote it: no line end, quote or control character is left as it is. */
export function escapeField(text: string): string {
  return text.replace(unsafe, (found) => short[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
