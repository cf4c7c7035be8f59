import { posix } from "node:path";

/** A link of a document to a file of the checkout. */
export interface Link {
  /** The document and the link's line. */
  readonly place: string;
  /** Relative to the checkout; the document itself for a link to one of its own headings. */
  readonly target: string;
  /** The part behind `#`, if there is one. */
  readonly anchor: string | undefined;
}

const inline = /!?\[[^\]]*\]\(\s*<?([^()\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const definition = /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm;
const elsewhere = /^[a-z][a-z0-9+.-]*:|^\/\//i;

/** The links of a Markdown document that do not lead out of the checkout; code is passed over. */
export function linksOf(file: string, markdown: string): Link[] {
  const text = withoutCode(markdown);
  return [...text.matchAll(inline), ...text.matchAll(definition)]
    .filter(([, url = ""]) => !elsewhere.test(url))
    .map(({ 1: url = "", index }) => {
      const [path = "", anchor] = url.split("#", 2);
      const target = path === "" ? file : posix.join(posix.dirname(file), decodeURIComponent(path));
      return { place: `${file}:${text.slice(0, index).split("\n").length}`, target, anchor };
    });
}

/** What a link may have behind `#`: the headings of a document as GitHub names them. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  const headings = [...withoutFences(markdown).matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)].map(([, title = ""]) =>
    slug(title),
  );
  return headings.map((name) => {
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
}

function slug(title: string): string {
  const words = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return words.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
}

/** Code is blanked line by line, so that places stay right. */
function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, (code) => " ".repeat(code.length));
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^( *)(```+|~~~+).*\n[\s\S]*?^\1\2$/gm, (code) => code.replaceAll(/[^\n]/g, " "));
}
