import type { ExpositionFormat } from "../adapter.ts";

/** How a scrape is answered. */
export interface Negotiated {
  readonly format: ExpositionFormat;
  readonly contentType: string;
  readonly gzip: boolean;
}

interface Offer {
  readonly format: ExpositionFormat;
  readonly type: string;
  readonly subtype: string;
  readonly version: string;
}

/** In order of preference among equals. OpenMetrics 0.0.1 is the draft of 1.0 that older scrapers ask for by that number. */
const offers: readonly Offer[] = [
  { format: "text", type: "text", subtype: "plain", version: "0.0.4" },
  { format: "openmetrics", type: "application", subtype: "openmetrics-text", version: "1.0.0" },
  { format: "openmetrics", type: "application", subtype: "openmetrics-text", version: "0.0.1" },
];

/**
 * Chooses format and compression by Accept and Accept-Encoding: the offer with the highest quality (RFC 9110, 12.5.1), among
 * equals the one whose range stands first. If nothing fits, text 0.0.4: scrapers understand it better than a 406.
 */
export function negotiate(accept: string | undefined, acceptEncoding: string | undefined): Negotiated {
  const ranges = parseRanges(accept ?? "*/*");
  const ranked = offers
    .map((offer) => ({ offer, range: bestRange(ranges, offer) }))
    .filter(({ range }) => range !== undefined && range.quality > 0)
    .sort((a, b) => b.range!.quality - a.range!.quality || a.range!.position - b.range!.position);
  const { offer, range } = ranked[0] ?? { offer: offers[0]!, range: undefined };
  const escaping = escapings.get(range?.parameters.get("escaping") ?? "");
  const contentType =
    `${offer.type}/${offer.subtype}; version=${offer.version}; charset=utf-8` +
    (escaping ? `; escaping=${escaping}` : "");
  return { format: offer.format, contentType, gzip: acceptsGzip(acceptEncoding) };
}

/** What is said of the escaping asked for: our names are plain under each scheme but `dots`, which would double underscores. */
const escapings: ReadonlyMap<string, string> = new Map([
  ["allow-utf-8", "allow-utf-8"],
  ["underscores", "underscores"],
  ["values", "values"],
  ["dots", "underscores"],
]);

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
  readonly position: number;
}

function parseRanges(header: string): Range[] {
  return splitOutsideQuotes(header, ",")
    .filter((item) => item.trim() !== "")
    .map((item, position) => {
      const [media, ...rest] = splitOutsideQuotes(item, ";");
      const [type = "", subtype = ""] = media!.trim().toLowerCase().split("/");
      const parameters = new Map(rest.map(parseParameter));
      return { type, subtype, parameters, quality: toQuality(parameters.get("q")), position };
    });
}

function parseParameter(text: string): [string, string] {
  const at = text.indexOf("=");
  const name = (at < 0 ? text : text.slice(0, at)).trim().toLowerCase();
  const value = at < 0 ? "" : text.slice(at + 1).trim();
  return [name, value.startsWith('"') ? value.slice(1, value.endsWith('"') ? -1 : undefined) : value];
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === separator && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** A quality that cannot be read counts as 0: the sender's wish is unknown, and other ranges or the default apply. */
function toQuality(text: string | undefined): number {
  if (text === undefined) return 1;
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : 0;
}

/** The most specific range that covers the offer (RFC 9110, 12.5.1). */
function bestRange(ranges: readonly Range[], offer: Offer): Range | undefined {
  let best: Range | undefined;
  let bestRank = 0;
  for (const range of ranges) {
    const rank = specificity(range, offer);
    if (rank > bestRank) {
      best = range;
      bestRank = rank;
    }
  }
  return best;
}

function specificity(range: Range, offer: Offer): number {
  const { type, subtype } = range;
  if (type === "*" && subtype === "*") return offer.version === "0.0.1" ? 0 : 1;
  if (type !== offer.type) return 0;
  if (subtype === "*") return offer.version === "0.0.1" ? 0 : 2;
  if (subtype !== offer.subtype) return 0;
  const version = range.parameters.get("version");
  const charset = range.parameters.get("charset");
  if (charset !== undefined && charset.toLowerCase() !== "utf-8") return 0;
  if (version === undefined) return offer.version === "0.0.1" ? 0 : 3;
  return version === offer.version ? 4 : 0;
}

function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  const qualities = new Map(
    header.split(",").map((item) => {
      const [coding, ...rest] = item.split(";");
      return [coding!.trim().toLowerCase(), toQuality(new Map(rest.map(parseParameter)).get("q"))] as const;
    }),
  );
  const gzip = qualities.get("gzip") ?? qualities.get("x-gzip") ?? qualities.get("*") ?? 0;
  return gzip > 0 && gzip >= (qualities.get("identity") ?? 0);
}
