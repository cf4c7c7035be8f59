import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** What is wrong with a file, and where. */
export class FileProblem extends Error {
  constructor(file: string, place: string, message: string) {
    super(`${file}${place}: ${message}`);
    this.name = "FileProblem";
  }
}

/** A value in a file that knows where it stands. Everything wrong with it is thrown as a FileProblem. */
export interface Place {
  /** The members of a mapping; of a name that stands there twice, the last. */
  members(known: ReadonlySet<string>): ReadonlyMap<string, Place>;
  items(): readonly Place[];
  /** Text, or the way in which a number or a truth is written. */
  text(): string;
  truth(): boolean;
  /** A whole number that fits 32 bits without a sign. */
  uint32(): number;
  plain(): unknown;
  fail(message: string): never;
}

/** Reads a file of YAML 1.1, as envoyproxy/ratelimit does; undefined if there is nothing in it. */
export function readYaml(file: string, content: string): Place | undefined {
  const lines = new LineCounter();
  const document = parseDocument(content, { version: "1.1", merge: true, uniqueKeys: false, lineCounter: lines });
  const at = (offset: number | undefined) => {
    if (offset === undefined) return "";
    const { line, col } = lines.linePos(offset);
    return `:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) throw new FileProblem(file, at(error.pos[0]), error.message.split("\n")[0] ?? "");

  const resolved = (node: unknown): Node | null => {
    if (!isAlias(node)) return node as Node | null;
    return node.resolve(document) ?? null;
  };

  /** Values under `<<` count where the mapping has none of its own. */
  const pairsOf = (node: Node | null, from: Node | null): [string, Node | null, Node][] => {
    if (!isMap(node)) return [];
    return node.items.flatMap(({ key, value }): [string, Node | null, Node][] => {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : undefined;
      if (name === undefined) throw new FileProblem(file, at(from?.range?.[0]), "a name must be text");
      const target = resolved(value);
      if (name === "<<" && (isMap(target) || isSeq(target)))
        return (isSeq(target) ? [...target.items].reverse() : [target]).flatMap((each) =>
          pairsOf(resolved(each), node),
        );
      return [[name, target, key as Node]];
    });
  };

  const placeOf = (node: Node | null, fallback: Node | null): Place => {
    const fail = (message: string): never => {
      throw new FileProblem(file, at((node ?? fallback)?.range?.[0]), message);
    };
    const value = isScalar(node) ? node.value : undefined;
    const isEmpty = node === null || value === null;
    return {
      fail,
      members(known) {
        if (isEmpty) return new Map();
        if (!isMap(node)) return fail("expected a mapping");
        const pairs = pairsOf(node, node);
        const own = pairs.filter(([, , key]) => node.items.some((item) => item.key === key));
        for (const [name, , key] of pairs)
          if (!known.has(name)) throw new FileProblem(file, at(key.range?.[0]), unknownKey(name, known));
        return new Map([...pairs, ...own].map(([name, target, key]) => [name, placeOf(target, key)]));
      },
      items() {
        if (isEmpty) return [];
        if (!isSeq(node)) return fail("expected a list");
        return node.items.map((item) => placeOf(resolved(item), node));
      },
      text() {
        if (isEmpty) return "";
        if (!isScalar(node)) return fail("expected text");
        return typeof value === "string" ? value : (node.source ?? String(value));
      },
      truth() {
        if (isEmpty) return false;
        return typeof value === "boolean" ? value : fail("expected true or false");
      },
      uint32() {
        if (isEmpty) return 0;
        const isNumber = typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
        return isNumber ? value : fail("expected a whole number from 0 to 4294967295");
      },
      plain: () => (node === null ? null : node.toJS(document)),
    };
  };

  return document.contents === null ? undefined : placeOf(document.contents as Node, null);
}

const unknownKey = (name: string, known: ReadonlySet<string>): string =>
  `unknown key "${name}": expected ${[...known].join(", ")}`;
