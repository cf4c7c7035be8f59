import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeHost } from "../testing/fake-host.ts";
import { questionOf } from "../testing/question.ts";
import { jwt } from "./index.ts";

const nowMs = 1_700_000_000_000;
const never = new AbortController().signal;
const url = "http://issuer.test/jwks";

/** A key with a name, and how to sign with it. */
async function aKey(kid: string, alg = "ES256") {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid };
  const sign = (claims: JWTPayload = {}, header: object = { kid }) =>
    new SignJWT({ iss: "https://issuer.test", sub: "ada", exp: nowMs / 1000 + 600, ...claims })
      .setProtectedHeader({ alg, ...header })
      .sign(privateKey);
  return { jwk, sign };
}

type Key = Awaited<ReturnType<typeof aKey>>;
let [one, two, rsa]: Key[] = [];
beforeAll(async () => {
  [one, two, rsa] = await Promise.all([aKey("one"), aKey("two"), aKey("rsa", "RS256")]);
});

/** A checker of an issuer whose keys can be changed. */
async function open(params: object = {}, first: readonly JWK[] | undefined = [one!.jwk, rsa!.jwk]) {
  const issuer = { keys: first as readonly JWK[] | undefined, asked: 0 };
  const fetch = async () => {
    issuer.asked++;
    if (issuer.keys === undefined) throw new TypeError("fetch failed");
    return new Response(JSON.stringify({ keys: issuer.keys }));
  };
  const host = fakeHost([], { fetch });
  host.nowMs = nowMs;
  const settings = jwt.config.parse({ issuers: ["https://issuer.test"], jwksUrl: url, ...params });
  const checker = await jwt.checks!.open(settings, host);
  const checkWith = async (headers: Record<string, string>, query: Record<string, string> = {}) =>
    checker.check(questionOf({ attributes: { "request.headers": headers, "request.query_params": query } }), never);
  return {
    host,
    issuer,
    checkWith,
    check: (token: string) => checkWith({ authorization: `Bearer ${token}` }),
    close: checker.close,
  };
}

const refusedFor = (why: string) => ({
  verdict: "deny",
  denial: { status: 401, code: 16, message: why },
  changes: { client: [{ action: "set", name: "www-authenticate", value: expect.stringContaining(`"${why}"`) }] },
});

describe("a good token", () => {
  it("passes, and gives its claims to the rules that follow until it expires", async () => {
    const { check, host } = await open();
    const claims = { aud: ["a", "b"], azp: "app", groups: ["x"], tier: "gold", iat: 1 };
    const token = await one!.sign(claims);
    const expected = {
      verdict: "pass",
      attributes: {
        "request.auth.principal": "https://issuer.test/ada",
        "request.auth.audiences": "a,b",
        "request.auth.presenter": "app",
        "request.auth.claims": new Map(
          Object.entries({ iss: "https://issuer.test", sub: "ada", azp: "app", tier: "gold" }),
        ),
        "request.auth.raw_claims": JSON.stringify({
          iss: "https://issuer.test",
          sub: "ada",
          exp: nowMs / 1000 + 600,
          ...claims,
        }),
      },
      validForMs: 630_000,
    };
    for (let i = 0; i < 2; i++) expect(await check(token)).toMatchObject(expected);
    host.nowMs += 629_999;
    expect(await check(token)).toMatchObject({ verdict: "pass", validForMs: 1 });
    host.nowMs += 1;
    expect(await check(token)).toMatchObject(refusedFor("the token has expired"));
  });

  it("is found in any of the places, the first that has one", async () => {
    const from = [
      { header: "X-Token" },
      { query: "t" },
      { cookie: "sid" },
      { header: "authorization", prefix: "Bearer " },
    ];
    const { checkWith } = await open({ from, forward: false });
    const token = await one!.sign();
    const found = async (...parts: Parameters<typeof checkWith>) => {
      const answer = await checkWith(...parts);
      return answer.verdict === "pass" ? answer.changes : answer;
    };
    expect(await found({ "x-token": token, authorization: "Bearer x" })).toEqual({
      upstream: [{ action: "remove", name: "x-token" }],
    });
    expect(await found({}, { t: token })).toEqual({ query: [{ name: "t", value: undefined }] });
    expect(await found({ cookie: `a=b; sid=${token};c` })).toEqual({});
    expect(await found({ authorization: `bearer ${token}` })).toEqual({
      upstream: [{ action: "remove", name: "authorization" }],
    });
    expect(await found({ authorization: `Basic ${token}`, cookie: `xsid=${token}` })).toMatchObject({
      denial: { message: "a token is needed" },
    });
  });

  it("need not name its key, though there are several of its kind", async () => {
    const { check } = await open({}, [two!.jwk, one!.jwk]);
    expect((await check(await one!.sign({}, {}))).verdict).toBe("pass");
  });
});

describe("a bad token", () => {
  it.each<[string, () => Promise<string>, string, object?]>([
    ["another issuer", () => one!.sign({ iss: "https://other.test" }), "the claim iss is not as it must be"],
    ["another audience", () => one!.sign({ aud: "b" }), "the claim aud is not as it must be", { audiences: ["a"] }],
    ["no audience", () => one!.sign(), "the claim aud is not as it must be", { audiences: ["a"] }],
    ["its time over", () => one!.sign({ exp: nowMs / 1000 - 30 }), "the token has expired"],
    ["its time not come", () => one!.sign({ nbf: nowMs / 1000 + 31 }), "the claim nbf is not as it must be"],
    ["another key of the same name", async () => (await aKey("one")).sign(), "the signature is wrong"],
    [
      "a kind of signature that is not wanted",
      () => rsa!.sign(),
      "the kind of signature is not allowed",
      { algorithms: ["ES256"] },
    ],
    [
      "changed claims",
      async () => (await one!.sign()).replace(/\.[^.]+\./, `.${btoa('{"iss":"https://issuer.test"}')}.`),
      "the signature is wrong",
    ],
    ["no JWT's form", async () => "nonsense", "the token is no JWT"],
    ["too much of it", async () => "a".repeat(16_385), "the token is too long"],
    [
      "no signature (alg none)",
      async () => `${btoa('{"alg":"none"}')}.${(await one!.sign()).split(".")[1]}.`,
      "the kind of signature is not allowed",
    ],
    [
      "the public key as a shared secret (HS256)",
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(rsa!.jwk));
        return new SignJWT({ iss: "https://issuer.test" })
          .setProtectedHeader({ alg: "HS256", kid: "rsa" })
          .sign(secret);
      },
      "the kind of signature is not allowed",
    ],
  ])("with %s is refused", async (_, token, why, params = {}) => {
    expect(await (await open(params)).check(await token())).toMatchObject(refusedFor(why));
  });

  it("is refused though a token is not needed", async () => {
    const { check, checkWith } = await open({ optional: true });
    expect(await check("nonsense")).toMatchObject(refusedFor("the token is no JWT"));
    expect(await checkWith({})).toEqual({ verdict: "pass" });
  });

  it("may be good later: that is not kept", async () => {
    const { check } = await open();
    expect(await check(await one!.sign({ nbf: nowMs / 1000 + 60 }))).toMatchObject({ verdict: "deny", validForMs: 0 });
    expect(await check(await two!.sign())).toMatchObject({ verdict: "deny", validForMs: 0 });
    expect(await check(await one!.sign({ iss: "x" }))).not.toHaveProperty("validForMs");
  });

  it.each([["none"], ["HS256"]])("cannot be let in by allowing %s", (alg) => {
    const { success } = jwt.config.safeParse({ issuers: ["x"], jwksUrl: url, algorithms: [alg] });
    expect(success).toBe(false);
  });
});

it("a request without a token is told that it needs one", async () => {
  expect(await (await open()).checkWith({ authorization: "Bearer " })).toMatchObject({
    verdict: "deny",
    denial: { status: 401, code: 16, message: "a token is needed" },
    changes: { client: [{ action: "set", name: "www-authenticate", value: "Bearer" }] },
  });
});

describe("keys", () => {
  it("are looked at again for a token of an unknown key, and not too often", async () => {
    const { check, issuer, host } = await open({ refetch: "30s" });
    const unknown = refusedFor("the token is signed with an unknown key");
    issuer.keys = [two!.jwk];
    const token = await two!.sign();
    host.nowMs += 29_999;
    expect(await check(token)).toMatchObject(unknown);
    expect(issuer.asked).toBe(1);
    host.nowMs += 1;
    expect((await Promise.all([check(token), check(token)])).map(({ verdict }) => verdict)).toEqual(["pass", "pass"]);
    expect(issuer.asked).toBe(2);
    expect(await check(await (await aKey("three")).sign())).toMatchObject(unknown);
    expect(issuer.asked).toBe(2);
  });

  it("that were taken back let in none of the tokens that they let in before", async () => {
    const { check, issuer, host } = await open();
    const token = await one!.sign();
    const before = await check(token);
    const holds = "holds" in before && before.holds !== undefined ? before.holds : expect.unreachable();
    expect(holds()).toBe(true);
    issuer.keys = [two!.jwk];
    host.nowMs += 60_000;
    await check(await two!.sign());
    expect(holds()).toBe(false);
    expect(await check(token)).toMatchObject(refusedFor("the token is signed with an unknown key"));
  });

  it("that cannot be had again stay good for a while", async () => {
    const { check, issuer, host } = await open({ stale: "1h" });
    const token = await one!.sign({ exp: nowMs });
    issuer.keys = undefined;
    host.nowMs += 3_599_999;
    expect((await check(token)).verdict).toBe("pass");
    host.nowMs += 1;
    expect(await check(token)).toMatchObject({ verdict: "error", reason: expect.stringContaining("cannot be loaded") });
  });

  it("that were never there make an error, not a refusal", async () => {
    const { check, issuer } = await open({}, [two!.jwk]);
    issuer.keys = undefined;
    const down = await jwt.checks!.open(jwt.config.parse({ issuers: ["x"], jwksUrl: url }), fakeHost());
    const question = questionOf({
      attributes: { "request.headers": { authorization: `Bearer ${await one!.sign()}` } },
    });
    expect(await down.check(question, never)).toEqual({
      verdict: "error",
      reason: `the set of keys cannot be loaded: ${url}: no network in tests`,
    });
    expect((await check(await one!.sign())).verdict).toBe("deny");
  });

  describe("in a file", () => {
    const folder = mkdtempSync(join(tmpdir(), "mixdown-jwt-"));
    afterAll(() => rmSync(folder, { recursive: true }));

    it("are read, and shared secrets among them are never used", async () => {
      const jwksFile = join(folder, "keys.json");
      const secret = new TextEncoder().encode("a secret that is long enough for it");
      const oct = { kty: "oct", kid: "shared", k: Buffer.from(secret).toString("base64url") };
      writeFileSync(jwksFile, JSON.stringify({ keys: [oct, { kty: "odd", kid: "odd" }, one!.jwk] }));
      const { check, issuer } = await open({ jwksUrl: undefined, jwksFile });
      expect((await check(await one!.sign())).verdict).toBe("pass");
      const forged = await new SignJWT({ iss: "https://issuer.test" })
        .setProtectedHeader({ alg: "HS256", kid: "shared" })
        .sign(secret);
      expect((await check(forged)).verdict).toBe("deny");
      expect(issuer.asked).toBe(0);
    });
  });

  it.each([
    [{ jwksFile: "a", jwksUrl: url }, [["jwksFile"]]],
    [{}, [[]]],
    [{ jwksUrl: url, tls: { ca: "x" } }, [["tls"]]],
  ])("%j is refused", (params, paths) => {
    const settings = jwt.config.parse({ issuers: ["x"], ...params });
    expect(jwt.validate!(settings, []).map(({ path }) => path)).toEqual(paths);
  });
});
