import { isTimestamp, type Value } from "../../schemas/model/value.ts";
import type { ConfigProblem } from "../adapter.ts";
import { type Answer, defineChecker } from "../checker.ts";
import { createRefreshed } from "../shared/refreshed.ts";
import { fetchWith } from "../shared/tls-fetch.ts";
import { tlsProblems } from "../shared/tls-settings.ts";
import { config, type ListConfig } from "./config.ts";
import { createEntries, type Entries } from "./entries.ts";
import { loadEntries, parseEntries } from "./sources.ts";

/** Looks values up in a list, and refuses those that are not on it, or those that are. */
export const list = defineChecker({
  type: "list",
  summary: "Refuses what is on a list, or what is not.",
  config,
  instance: "required",
  template: "listentry",
  reads: () => [],
  validate: (settings) => [...entryProblems(settings), ...sourceProblems(settings)],
  async open(settings, host) {
    const { files, url, tls, refresh: refreshMs, ttl: staleMs, timeout: timeoutMs } = settings;
    const decide = createDecision(settings);
    if (files.length === 0 && url === undefined) {
      const entries = parseEntries("[]", settings);
      return { check: ({ instance = {} }) => decide(entries, instance), async close() {} };
    }
    const { fetch, close } = fetchWith(tls, host.fetch);
    const refreshed = await createRefreshed<Entries>(
      {
        ...{ what: "list", refreshMs, staleMs, timeoutMs },
        load: (signal) => loadEntries(settings, fetch, signal),
        parse: (text) => parseEntries(text, settings),
      },
      host,
    );
    return {
      check({ instance = {} }) {
        const current = refreshed.current();
        if (!current.ok) return { verdict: "error", reason: current.reason };
        const answer = decide(current.value, instance);
        return answer.verdict === "error" ? answer : { ...answer, holds: current.holds };
      },
      async close() {
        refreshed.close();
        close();
      },
    };
  },
});

/** What a list says about a value, in Mixer's words. */
function createDecision({
  match,
  blacklist,
  status,
}: ListConfig): (entries: Entries, about: Readonly<Record<string, Value | undefined>>) => Answer {
  const refuse = (message: string): Answer => ({ verdict: "deny", denial: { status, code: 7, message } });
  return (entries, { value }) => {
    if (value === undefined || isTimestamp(value) || typeof value === "object")
      return { verdict: "error", reason: "the value is no text" };
    const text = String(value);
    const isListed = entries.has(text);
    if (isListed === undefined) return { verdict: "error", reason: `"${text}" is no address, as ${match} needs` };
    if (isListed === blacklist) return refuse(`${text} is ${blacklist ? "blacklisted" : "not whitelisted"}`);
    return { verdict: "pass" };
  };
}

function entryProblems({ match, entries }: ListConfig): ConfigProblem[] {
  const list = createEntries(match);
  return entries.flatMap((entry, index) => {
    try {
      list.add(entry);
      return [];
    } catch (error) {
      return [{ path: ["entries", index], message: `"${entry}" ${(error as Error).message}` }];
    }
  });
}

function sourceProblems({ entries, files, url, tls, refresh, ttl }: ListConfig): ConfigProblem[] {
  const problems = url === undefined ? [] : tlsProblems(url, tls);
  if (entries.length === 0 && files.length === 0 && url === undefined)
    problems.push({ path: [], message: "the list has nothing to hold: give it entries, files or a url" });
  if (ttl < refresh)
    problems.push({
      path: ["ttl"],
      message: "the list would be too old before it is looked at again: ttl is less than refresh",
    });
  return problems;
}
