import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Value } from "../../schemas/model/value.ts";
import type { Answer } from "../checker.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { questionOf } from "../testing/question.ts";
import { list } from "./index.ts";

// Reading takes no time here, so that what a step of the clock began has ended after it.
vi.mock(import("node:fs/promises"), async (original) => ({
  ...(await original()),
  readFile: (async (path: string) => readFileSync(path)) as never,
}));

const never = new AbortController().signal;

async function open(params: object, fetch?: typeof globalThis.fetch) {
  const host = fakeHost([], { now: Date.now, ...(fetch && { fetch }) });
  const checker = await list.checks!.open(list.config.parse(params), host);
  const ask = async (value?: Value): Promise<Answer> =>
    checker.check(questionOf({ instance: value === undefined ? {} : { value } }), never);
  return { host, close: checker.close, ask, verdict: async (value?: Value) => (await ask(value)).verdict };
}

describe("entries", () => {
  it.each([
    ["exact", ["v1", "V2"], ["v1", "V2"], ["V1", "v", "v11", ""]],
    ["ignoreCase", ["v1", "STRASSE"], ["V1", "v1", "strasse"], ["v2"]],
    [
      "cidr",
      ["10.11.12.13/8", "192.0.2.7", "2001:db8::/32", "2001:db9::1", "::ffff:172.16.0.0/108"],
      ["10.255.255.255", "192.0.2.7", "2001:db8:ffff::1", "2001:DB9:0::1", "::ffff:10.0.0.1", "172.16.9.9"],
      ["11.0.0.0", "192.0.2.8", "2001:db9::2", "2001:db7:ffff::", "172.32.0.1"],
    ],
    ["cidr", ["0.0.0.0/0"], ["1.2.3.4"], ["::1"]],
    ["regex", ["^/api/v[12]/", "(?i)admin"], ["/api/v1/x", "my-ADMIN"], ["/api/v3/x", "x/api/v1/"]],
  ])("%s: %j", async (match, entries, listed, others) => {
    const white = await open({ match, entries });
    const black = await open({ match, entries, blacklist: true });
    for (const value of listed) {
      expect([value, await white.verdict(value), await black.verdict(value)]).toEqual([value, "pass", "deny"]);
    }
    for (const value of others) {
      expect([value, await white.verdict(value), await black.verdict(value)]).toEqual([value, "deny", "pass"]);
    }
  });

  it("refuses in Mixer's words", async () => {
    const status = 404;
    expect(await (await open({ entries: ["a"], status })).ask("b")).toEqual({
      verdict: "deny",
      denial: { status, code: 7, message: "b is not whitelisted" },
    });
    expect(await (await open({ entries: ["a"], blacklist: true })).ask("a")).toEqual({
      verdict: "deny",
      denial: { status: 403, code: 7, message: "a is blacklisted" },
    });
  });

  it("takes numbers and truth values by their text, and says of others that they have none", async () => {
    const { verdict } = await open({ entries: ["8080", "true"] });
    const values = [8080, 8080n, true, 9, new Map([["a", "b"]]), { seconds: 1, nanos: 0 }, undefined];
    expect(await Promise.all(values.map(verdict))).toEqual(["pass", "pass", "pass", "deny", "error", "error", "error"]);
  });

  it("says that a text is no address", async () => {
    const { ask } = await open({ match: "cidr", entries: ["10.0.0.0/8"], blacklist: true });
    expect(await ask("ten")).toEqual({ verdict: "error", reason: '"ten" is no address, as cidr needs' });
  });

  it("matches in linear time", async () => {
    const { verdict } = await open({ match: "regex", entries: ["^(a+)+$"] });
    expect(await verdict(`${"a".repeat(50_000)}b`)).toBe("deny");
  });

  it.each([
    [
      { match: "cidr", entries: ["10.0.0.0/8", "10.0.0.0/33", "x"] },
      [
        ["entries", 1],
        ["entries", 2],
      ],
    ],
    [{ match: "regex", entries: ["(?=a)"] }, [["entries", 0]]],
    [{}, [[]]],
    [{ entries: ["a"], refresh: "10m" }, [["ttl"]]],
    [{ url: "http://lists.test/", tls: { ca: "x" } }, [["tls"]]],
  ])("%j is refused", (params, paths) => {
    expect(list.validate!(list.config.parse(params), []).map(({ path }) => path)).toEqual(paths);
  });
});

describe("files and URLs", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    folder = mkdtempSync(join(tmpdir(), "mixdown-list-"));
    file = join(folder, "list.txt");
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  /** A server whose answer can be changed. */
  function server(first: string) {
    const state = { text: first as string | undefined, asked: 0 };
    const fetch = async (): Promise<Response> => {
      state.asked++;
      if (state.text === undefined) throw new TypeError("fetch failed");
      return new Response(state.text);
    };
    return { state, fetch };
  }

  /** Lets this much time go by, and what was begun end. */
  const later = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  it("are put together, and read again", async () => {
    writeFileSync(file, "one\r\n\r\n two\n");
    const { state, fetch } = server("three\n");
    const { verdict, close } = await open(
      { entries: ["zero"], files: [file], url: "http://lists.test/", refresh: "10s" },
      fetch,
    );
    const ask = () => Promise.all(["zero", "one", " two", "two", "three", "four"].map(verdict));
    expect(await ask()).toEqual(["pass", "pass", "pass", "deny", "pass", "deny"]);
    writeFileSync(file, "two\n");
    state.text = "four";
    await later(9_999);
    expect((await ask())[1]).toBe("pass");
    await later(1);
    expect(await ask()).toEqual(["pass", "deny", "deny", "pass", "deny", "pass"]);
    await close();
    await later(60_000);
    expect(state.asked).toBe(2);
  });

  it.each([
    ["# offices\n10.0.0.0/8 ; all\n\n2001:db8::1\n", ["10.1.1.1", "2001:db8::1"], "11.0.0.1"],
    ["whitelist: [10.0.0.0/8, '2001:db8::1']\n", ["10.1.1.1", "2001:db8::1"], "11.0.0.1"],
  ])("hold addresses: %j", async (text, listed, other) => {
    writeFileSync(file, text);
    const { verdict } = await open({ match: "cidr", files: [file] });
    expect(await Promise.all([...listed, other].map(verdict))).toEqual([...listed.map(() => "pass"), "deny"]);
  });

  it("that cannot be had leave the list as it was until its time is up, and are tried again soon", async () => {
    const { state, fetch } = server("a");
    const { ask, verdict, host } = await open({ url: "http://lists.test/", refresh: "10s", ttl: "30s" }, fetch);
    state.text = undefined;
    await later(29_999);
    expect([await verdict("a"), await verdict("b")]).toEqual(["pass", "deny"]);
    await later(1);
    expect(await ask("a")).toEqual({
      verdict: "error",
      reason: "the list cannot be loaded for too long: http://lists.test/: fetch failed",
    });
    state.text = "b";
    await later(10_000);
    expect([await verdict("a"), await verdict("b")]).toEqual(["deny", "pass"]);
    expect(host.logged.map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it.each([
    ["a missing file", { files: ["/nowhere/list.txt"] }, "ENOENT"],
    ["a status", { url: "http://lists.test/404" }, "http://lists.test/404: the answer has status 404"],
    ["a large answer", { url: "http://lists.test/", maxBytes: 3 }, "the answer has more than the 3 bytes allowed"],
    [
      "a bad line",
      { url: "http://lists.test/", match: "cidr" },
      'http://lists.test/: line 2: "nonsense" is neither an address nor a CIDR',
    ],
    ["a bad pattern", { url: "http://lists.test/regex", match: "regex" }, 'line 1: "(" is no RE2 pattern'],
  ])("%s is an error from the start, not a list", async (_, params, reason) => {
    const answers: Record<string, [string, number]> = {
      "/404": ["", 404],
      "/": ["10.0.0.1\nnonsense", 200],
      "/regex": ["(", 200],
    };
    const fetch = async (url: unknown) => {
      const [text, status] = answers[new URL(String(url)).pathname]!;
      return new Response(text, { status });
    };
    const { ask } = await open(params, fetch as typeof globalThis.fetch);
    expect(await ask("10.0.0.1")).toEqual({ verdict: "error", reason: expect.stringContaining(reason) });
  });

  it("that take their time keep nobody from starting", async () => {
    let answer = (_: Response) => {};
    const fetch = () => new Promise<Response>((resolve) => (answer = resolve));
    const opening = open({ url: "http://lists.test/", timeout: "1m" }, fetch);
    await later(5_000);
    const { ask, verdict } = await opening;
    expect(await ask("a")).toEqual({ verdict: "error", reason: "the list cannot be loaded: it was not loaded yet" });
    answer(new Response("a"));
    await later(0);
    expect(await verdict("a")).toBe("pass");
  });

  it("let answers be given again until the list is another one, or too old", async () => {
    const { state, fetch } = server("a");
    const { ask } = await open({ url: "http://lists.test/", refresh: "10s", ttl: "30s" }, fetch);
    const holdsOf = async () => {
      const answer = await ask("a");
      return "holds" in answer && answer.holds !== undefined ? answer.holds : expect.unreachable();
    };
    const first = await holdsOf();
    await later(25_000);
    expect(first()).toBe(true); // Loaded again, the same.
    state.text = "a\nb";
    await later(10_000);
    const second = await holdsOf();
    expect([first(), second()]).toEqual([false, true]);
    state.text = undefined;
    await later(40_000);
    expect(second()).toBe(false);
  });
});
