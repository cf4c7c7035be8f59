import { describe, expect, it } from "vitest";
import type { InstanceDeclaration } from "../../schemas/model/instance.ts";
import { config } from "./config.ts";
import { validate } from "./validate.ts";

const access: InstanceDeclaration = {
  name: "access",
  template: "logentry",
  variables: { "source.namespace": "STRING", source_namespace: "STRING", user: "STRING", level: "STRING" },
};
const problemsOf = (settings: object) =>
  validate(config.parse({ url: "http://loki.test", ...settings }), [access]).map(({ path, message }) => [
    path,
    message,
  ]);

describe("loki", () => {
  it("finds nothing wrong with what works", () => {
    expect(problemsOf({ labelsFrom: ["source.namespace"], metadata: ["user", "trace_id"] })).toEqual([]);
    expect(problemsOf({ labels: { log: "mine" } })).toEqual([]);
  });

  it("knows the variables", () => {
    expect(problemsOf({ labelsFrom: ["usr"], metadata: ["span_id", "zzzzzzzzz"] })).toEqual([
      [["labelsFrom", 0], 'no log entry of this handler has a variable "usr". Did you mean "user"?'],
      [["metadata", 1], 'no log entry of this handler has a variable "zzzzzzzzz"'],
    ]);
  });

  it("refuses labels that clash", () => {
    expect(problemsOf({ labelsFrom: ["source.namespace", "source_namespace", "level"] })).toEqual([
      [["labelsFrom", 1], '"source_namespace" gives the label source_namespace, as "source.namespace" does'],
      [["labelsFrom", 2], '"level" gives the label level, as "level" does'],
    ]);
    expect(problemsOf({ labels: { user: "a" }, labelsFrom: ["user"] })).toHaveLength(1);
  });

  it("keeps the label overflow for itself", () => {
    const declared = { ...access, variables: { overflow: "STRING" } } as const;
    expect(validate(config.parse({ url: "http://loki.test", labelsFrom: ["overflow"] }), [declared])).toHaveLength(1);
  });

  it("refuses more labels than Loki takes", () => {
    const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, "v"]));
    expect(problemsOf({ labels: labels(12), labelsFrom: ["user"] })).toEqual([]);
    expect(problemsOf({ labels: labels(13), labelsFrom: ["user"] })).toEqual([
      [["labelsFrom"], "16 labels; Loki takes 15 of a stream"],
    ]);
  });

  it("refuses TLS without https", () => {
    expect(problemsOf({ tls: {} })).toEqual([[["tls"], expect.stringContaining("write https://")]]);
    expect(problemsOf({ tls: {}, url: "https://loki.test" })).toEqual([]);
  });

  it.each([
    ["a label with a dot", { labels: { "a.b": "c" } }],
    ["an empty label", { labels: { a: "" } }],
    ["a tenant with a space", { tenant: "a b" }],
  ])("refuses %s", (_, settings) => {
    expect(config.safeParse({ url: "http://loki.test", ...settings }).success).toBe(false);
  });
});
