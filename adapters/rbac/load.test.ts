import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "../checker.ts";
import { fakeHost } from "../testing/fake-host.ts";
import { questionOf } from "../testing/question.ts";
import { rbac } from "./index.ts";
import { loadPolicies } from "./load.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mixdown-rbac-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a file; gives its path. */
function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const policy = (name: string, spec = "{}", version = "v1") =>
  `{ apiVersion: security.istio.io/${version}, kind: AuthorizationPolicy, metadata: { name: ${name}, namespace: shop }, spec: ${spec} }\n`;
const namesIn = (files: readonly string[]) => loadPolicies(files).policies.map(({ name }) => name);

it("takes policies out of documents and lists, and passes over the rest", () => {
  write("a.yaml", `# nothing\n---\n${policy("a")}---\nkind: Service\n---\n${policy("b", "{}", "v1beta1")}`);
  write(
    "b.yaml",
    `kind: List\nitems:\n  - ${policy("c")}  - { kind: Gateway }\n  - { kind: AuthorizationPolicyList, items: [${policy("d").trim()}] }\n`,
  );
  write("c.json", policy("e"));
  write("d.yaml", "kind: AuthorizationPolicy\napiVersion: other/v1\n");
  expect(loadPolicies([join(folder, "*.yaml"), join(folder, "c.json")])).toMatchObject({ problems: [] });
  expect(namesIn([folder])).toEqual(["a", "b", "c", "d", "e"]);
  expect(namesIn([join(folder, "*.yaml"), join(folder, "c.json")])).toEqual(["a", "b", "c", "d", "e"]);
});

it("tells everything wrong at once, with file and document", () => {
  const bad = write("bad.yaml", `${policy("a", "{ action: DENY }")}---\n${policy("b", "{ rule: [] }")}`);
  const broken = write("broken.yaml", "a: [\n");
  const missing = join(folder, "missing.yaml");
  const { problems } = loadPolicies([bad, broken, missing, join(folder, "*.yml")]);
  expect(problems).toEqual([
    {
      path: ["files", 0],
      message: `${bad}, document 1, AuthorizationPolicy shop/a: spec.rules must not be empty: DENY would never match`,
    },
    {
      path: ["files", 0],
      message: expect.stringContaining(`${bad}, document 2, AuthorizationPolicy shop/b: spec.rule is not known`),
    },
    { path: ["files", 1], message: expect.stringContaining(`${broken}, document 1: `) },
    { path: ["files", 2], message: expect.stringContaining(`${missing} cannot be read: ENOENT`) },
    { path: ["files", 3], message: `${join(folder, "*.yml")} means no file` },
  ]);
});

it("warns in the log when it is opened", async () => {
  const host = fakeHost();
  const twice = policy("a", "{ action: CUSTOM, provider: { name: x }, rules: [{}] }");
  const files = [write("a.yaml", `${twice}---\n${twice}`)];
  await (await rbac.checks!.open(rbac.config.parse({ files }), host)).close();
  const known = fakeHost();
  await (await rbac.checks!.open(rbac.config.parse({ files, providers: { x: "allow" } }), known)).close();
  const texts = [host, known].map(({ logged }) => logged.map(({ message }) => message.replace(/^.*shop\/a:? /, "")));
  const twins = "is there more than once, and all of them hold";
  const provider = "the provider x is not among providers, so what the policy matches is refused";
  expect(texts).toEqual([[provider, provider, twins], [twins]]);
});

describe("changed files", () => {
  afterEach(() => vi.useRealTimers());

  /** A checker of a folder, asked about a request to the workload of the namespace shop. */
  async function opened() {
    vi.useFakeTimers();
    const host = fakeHost();
    const checker = await rbac.checks!.open(rbac.config.parse({ files: folder }), host);
    const attributes = { "destination.namespace": "shop", "destination.labels": {}, "context.protocol": "http" };
    const ask = () => checker.check(questionOf({ attributes }), new AbortController().signal) as Answer;
    return { host, checker, verdict: () => ask().verdict, ask };
  }

  it("are taken, new and removed ones too; what was answered before holds no longer", async () => {
    const first = write("a.yaml", policy("a"));
    const { ask, verdict, checker } = await opened();
    const before = ask();
    expect(before.verdict).toBe("deny");
    expect("holds" in before && before.holds?.()).toBe(true);
    write("b.yaml", policy("open", "{ rules: [{}] }"));
    vi.advanceTimersByTime(1000);
    expect(verdict()).toBe("pass");
    expect("holds" in before && before.holds?.()).toBe(false);
    write("c.yaml", policy("closed", "{ action: DENY, rules: [{}] }"));
    rmSync(first);
    vi.advanceTimersByTime(1000);
    expect(verdict()).toBe("deny");
    await checker.close();
    rmSync(join(folder, "c.yaml"));
    vi.advanceTimersByTime(1000);
    expect(verdict()).toBe("deny");
  });

  it.each([
    ["is no YAML", "a: ["],
    ["Istio would refuse", policy("b", "{ action: DENY }")],
  ])("change nothing where one %s, which is said once", async (_, text) => {
    write("a.yaml", policy("a", "{ rules: [{}] }"));
    const { host, verdict } = await opened();
    const bad = write("b.yaml", text);
    vi.advanceTimersByTime(5000);
    expect(verdict()).toBe("pass");
    expect(host.logged).toEqual([
      {
        level: "error",
        fields: { problem: expect.stringContaining(`${bad}, document 1`) },
        message: "the changed AuthorizationPolicy resources are refused; the former ones stay",
      },
    ]);
    write("b.yaml", policy("b", "{ action: DENY, rules: [{}] }"));
    vi.advanceTimersByTime(1000);
    expect(verdict()).toBe("deny");
  });

  it("change nothing while there are none, as in the middle of a swap", async () => {
    const file = write("a.yaml", policy("a", "{ rules: [{}] }"));
    const { host, verdict } = await opened();
    rmSync(file);
    vi.advanceTimersByTime(1000);
    expect([verdict(), host.logged.length]).toEqual(["pass", 1]);
  });
});
