import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAdapter } from "../../adapters/adapter.ts";
import { load } from "./load.fixture.ts";

const sender = defineAdapter({
  type: "sender",
  summary: "Has secrets.",
  accepts: ["metric"],
  config: z.strictObject({
    endpoint: z.string().default(""),
    password: z.string().default(""),
    licenseKey: z.string().default(""),
    pin: z.union([z.string().meta({ secret: true }), z.number()]).default(0),
    sasl: z.strictObject({ user: z.string(), phrase: z.string().meta({ secret: true }) }).optional(),
    headers: z.record(z.string(), z.string()).default({}),
    tokens: z.array(z.strictObject({ token: z.string() })).default([]),
    accessKey: z.array(z.string()).default([]),
    maxTokens: z.number().default(0),
    pem: z.string().default(""),
  }),
  async open() {
    return { record() {}, async close() {} };
  },
});

function shown(text: string, env: Record<string, string> = {}) {
  const loaded = load([text], { env, adapters: [sender] });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.checked.shown;
}

const params = (lines: string, env: Record<string, string> = {}) => {
  const { handlers } = shown(`handlers:\n  h: { adapter: sender, params: { ${lines} } }`, env).config;
  return (handlers as { h: { params: unknown } }).h.params;
};

describe("a configuration as it is shown", () => {
  it("names what came from the environment and does not tell it", () => {
    const env = { HOST: "tempo", PORT: "4317", EMPTY: "" };
    const lines = `endpoint: "http://\${env:HOST}:\${env:PORT}/", pem: "\${env:EMPTY:-x}", maxTokens: "\${env:PORT}"`;
    expect(params(lines, env)).toEqual({
      endpoint: `http://\${env:HOST}:\${env:PORT}/`,
      pem: "x",
      maxTokens: `\${env:PORT}`,
    });
    const { config } = shown(`routes: { maxTemplates: "\${env:MAX}" }`, { MAX: "7" });
    expect(config.routes).toMatchObject({ maxTemplates: `\${env:MAX}`, learn: true });
  });

  it("masks settings with secret names, but for the name of a variable", () => {
    expect(params("password: hunter2, licenseKey: abc, maxTokens: 5")).toEqual({
      password: "***",
      licenseKey: "***",
      maxTokens: 5,
    });
    const env = { PW: "hunter2" };
    expect(params(`password: "\${env:PW}"`, env)).toEqual({ password: `\${env:PW}` });
    expect(params(`password: "\${env:PW:-fallback}"`, env)).toEqual({ password: "***" });
    expect(params(`password: "salt\${env:PW}"`, env)).toEqual({ password: "***" });
    expect(params('password: ""')).toEqual({ password: "" });
  });

  it("masks them within lists and mappings", () => {
    expect(params('headers: { Authorization: "Bearer x", x-api-key: k, accept: "*/*" }')).toEqual({
      headers: { Authorization: "***", "x-api-key": "***", accept: "*/*" },
    });
    expect(params("tokens: [{ token: a }, { token: b }], accessKey: [a, b]")).toEqual({
      tokens: [{ token: "***" }, { token: "***" }],
      accessKey: "***",
    });
  });

  it("masks what a schema says is secret", () => {
    expect(params("pin: abcd, sasl: { user: me, phrase: open }")).toEqual({
      pin: "***",
      sasl: { user: "me", phrase: "***" },
    });
  });

  it("masks passwords of addresses, and private keys wherever they stand", () => {
    const pem = "-----BEGIN EC PRIVATE KEY-----\\nAAAA";
    expect(params(`endpoint: "amqp://me:pa:ss@host/x", pem: "${pem}"`)).toEqual({
      endpoint: "amqp://me:***@host/x",
      pem: "***",
    });
  });

  it("fills in defaults and names its files", () => {
    const { config, sources, revision } = shown("rules: []");
    expect(config.listeners).toMatchObject({ admin: { address: "127.0.0.1:8080", serves: ["admin"] } });
    expect(sources).toEqual([{ file: "a.yaml", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
    expect(shown("rules: [ ]").revision).not.toBe(revision);
  });
});
