import { RE2JS, RE2JSException } from "re2js";
import { parse } from "yaml";
import { parseCidr } from "../../schemas/model/cidr.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { createCidrSet } from "./cidr-set.ts";
import type { ListConfig } from "./config.ts";

type Match = ListConfig["match"];

/** Entries of a list, and whether a text is among them. */
export interface Entries {
  /** Throws if the text is no entry, with a reason. */
  add(entry: string): void;
  /** Undefined if the text is nothing that such a list can hold. */
  has(text: string): boolean | undefined;
}

/** An empty list. */
export function createEntries(match: Match): Entries {
  switch (match) {
    case "exact":
      return textEntries((text) => text);
    case "ignoreCase":
      return textEntries((text) => text.toLowerCase());
    case "cidr":
      return addressEntries();
    case "regex":
      return patternEntries();
  }
}

function textEntries(normal: (text: string) => string): Entries {
  const texts = new Set<string>();
  return { add: (entry) => void texts.add(normal(entry)), has: (text) => texts.has(normal(text)) };
}

function addressEntries(): Entries {
  const blocks = createCidrSet();
  return {
    add(entry) {
      const block = parseCidr(entry.includes("/") ? entry : `${entry}/${parseIp(entry)?.includes(":") ? 128 : 32}`);
      if (block === undefined) throw new Error("is neither an address nor a CIDR");
      blocks.add(block);
    },
    has(text) {
      const ip = parseIp(text);
      return ip === undefined ? undefined : blocks.has(ip);
    },
  };
}

function patternEntries(): Entries {
  const patterns: RE2JS[] = [];
  return {
    add(entry) {
      try {
        patterns.push(RE2JS.compile(entry));
      } catch (error) {
        if (!(error instanceof RE2JSException)) throw error;
        throw new Error(`is no RE2 pattern: ${error.message}`, { cause: error });
      }
    },
    has: (text) => patterns.some((pattern) => pattern.test(text)),
  };
}

/**
 * The entries that a file holds, with the line of each: one a line, empty lines left out. Lists of addresses may have comments from `#` or
 * `;` on, and may be a YAML document with the key `whitelist`, as Mixer wanted them.
 */
export function readEntries(text: string, match: Match): { readonly entry: string; readonly line: number }[] {
  if (match === "cidr" && /^\s*(?:---\s*)?whitelist\s*:/.test(text)) return readYaml(text);
  return text.split(/\r?\n/).flatMap((line, index) => {
    const entry = match === "cidr" ? line.replace(/[#;].*/, "").trim() : line;
    return entry === "" ? [] : [{ entry, line: index + 1 }];
  });
}

function readYaml(text: string): { readonly entry: string; readonly line: number }[] {
  const { whitelist } = parse(text) as { readonly whitelist: unknown };
  if (!Array.isArray(whitelist)) throw new Error("whitelist is no list");
  return whitelist.map((entry) => ({ entry: String(entry), line: 1 }));
}

/** Adds the entries of a file; throws naming the first that is none. */
export function addText(entries: Entries, text: string, match: Match): void {
  for (const { entry, line } of readEntries(text, match)) {
    try {
      entries.add(entry);
    } catch (error) {
      throw new Error(`line ${line}: "${entry.slice(0, 80)}" ${(error as Error).message}`, { cause: error });
    }
  }
}
