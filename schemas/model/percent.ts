const escapes = /(?:%[0-9a-f]{2})+/gi;

/**
 * Decodes percent escapes (RFC 3986 2.1) as UTF-8. What is malformed, or no UTF-8, stays as it is while the rest is
 * decoded; never throws.
 */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(escapes, decodeRun);
  }
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}
