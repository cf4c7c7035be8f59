import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttributeName, builtInAttributes, createVocabulary } from "../../../schemas/attributes/vocabulary.ts";
import type { Value, ValueType } from "../../../schemas/model/value.ts";
import { createNameList } from "./name-list.ts";
import { redactText } from "./redact-text.ts";
import { createRedactedView } from "./redacted-view.ts";
import { createRedaction, type RedactSettings } from "./redactor.ts";
import { secretHeaders, secretParams } from "./secret-names.ts";

const texts = { isSecretParam: createNameList(secretParams, []), mask: "***" };
const none: RedactSettings = { headers: [], queryParams: [], keepHeaders: [], keepQueryParams: [], replacement: "***" };
const webToken = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";

/** What redaction makes of the value of one attribute. */
function redacted(name: string, value: Value, over: Partial<RedactSettings> = {}, type?: ValueType): unknown {
  const vocabulary = createVocabulary(type === undefined ? [] : [{ name, type, meaning: "" }]);
  const slot = vocabulary.slot(name) as number;
  const redactorOf = createRedaction({ ...none, ...over });
  const view = createRedactedView(vocabulary.attributes, [slot], redactorOf);
  const values: (Value | undefined)[] = [];
  values[slot] = value;
  return view.of(values, 1)[slot];
}

describe("a text without its credentials", () => {
  it.each([
    ["/items?page=2", "/items?page=2"],
    ["/items?token=abc", "/items?token=***"],
    ["/items?page=2&token=abc&sort=up", "/items?page=2&token=***&sort=up"],
    ["/items?Access_Token=abc", "/items?Access_Token=***"],
    ["/items?token=one&token=two", "/items?token=***&token=***"],
    ["/items?token=", "/items?token="],
    ["/items?token", "/items?token"],
    ["/items?token=abc=def", "/items?token=***"],
    ["/items?%74oken=abc", "/items?%74oken=***"],
    ["/items?to%6Ben=abc", "/items?to%6Ben=***"],
    ["/items?user%5Bpassword%5D=abc", "/items?user%5Bpassword%5D=***"],
    ["/items?token=a;b?c,d&x=1", "/items?token=***&x=1"],
    ["/items?x=1;token=abc", "/items?x=1;token=***"],
    ["/items;jsessionid=abc?x=1", "/items;jsessionid=***"],
    ["/back#access_token=abc&state=1", "/back#access_token=***&state=1"],
    ["/back?x=1#id_token=abc", "/back?x=1#id_token=***"],
    ["/login?code=abc&state=1", "/login?code=***&state=1"],
    ["/s3?X-Amz-Signature=abc&X-Amz-Credential=def", "/s3?X-Amz-Signature=***&X-Amz-Credential=***"],
    ["token=abc&x=1", "token=***&x=1"],
    [
      "/login?next=https%3A%2F%2Fa.example%2F%3Ftoken%3Dabc&x=1",
      "/login?next=https%3A%2F%2Fa.example%2F%3Ftoken%3D***&x=1",
    ],
    ["/login?next=https%253A%252F%252Fa.example%252F%253Ftoken%253Dabc", expect.not.stringContaining("abc")],
    ["/login?next=https%3A%2F%2Fjoe%3Aabc%40a.example%2F", expect.not.stringContaining("abc")],
    ["/login?next=/a?token=abc", "/login?next=/a?token=***"],
    ["/login?next=%2Fa%3Fb%3Dc%20d", "/login?next=%2Fa%3Fb%3Dc%20d"],
    ["/a?x=%zz&token=%zz", "/a?x=%zz&token=***"],
    ["/a?x=\ud800&y=\ud800%3Ftoken%3Dabc", "/a?x=\ud800&y=%EF%BF%BD%3Ftoken%3D***"],
    ["/caf%C3%A9/a%20b", "/caf%C3%A9/a%20b"],
    ["https://joe:abc@a.example/x", "https://***@a.example/x"],
    ["https://abc@a.example:80", "https://***@a.example:80"],
    ["https://joe:a@b@a.example/@x", "https://***@a.example/@x"],
    ["//joe:abc@a.example", "//***@a.example"],
    ["https://a.example/mail@example.com?x=1", "https://a.example/mail@example.com?x=1"],
    ["GET https://joe:abc@a.example/ failed", "GET https://***@a.example/ failed"],
    [`/verify/${webToken}`, "/verify/***"],
    [`Bearer ${webToken}`, "Bearer ***"],
    ["/eyJust-a-path.name/and.eyJmore", "/eyJust-a-path.name/and.eyJmore"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:109.0)", "Mozilla/5.0 (X11; Linux x86_64; rv:109.0)"],
    ["", ""],
  ])("%s", (text, shown) => {
    expect(redactText(text, texts)).toEqual(shown);
  });

  it("holds no value of a secret parameter, wherever it stands and however its name is encoded", () => {
    const encoded = (name: string) =>
      fc
        .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
        .map((hex) =>
          [...name].map((letter, i) => (hex[i] ? `%${letter.charCodeAt(0).toString(16)}` : letter)).join(""),
        );
    const name = fc.constantFrom("token", "Access_Token", "password", "api_key", "code").chain(encoded);
    const other = fc
      .tuple(fc.stringMatching(/^[a-f%;,=]{0,5}$/), fc.stringMatching(/^[a-f%;,=]{0,5}$/))
      .map((two) => two.join("="));
    const secret = name.map((text) => `${text}=S3CR3T`);
    fc.assert(
      fc.property(
        fc.array(other),
        secret,
        fc.array(other),
        fc.constantFrom("?", "#", "/a?", "https://h/?"),
        (a, s, b, start) => {
          expect(redactText(start + [...a, s, ...b].join("&"), texts)).not.toContain("S3CR3T");
        },
      ),
    );
  });

  it("is itself where nothing is secret, and redacting again changes nothing", () => {
    const letters = fc.constantFrom(..."/?&;#=%@:., eyJabc".split(""), "token", "%3D", "%74", "//");
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 40 }), (parts) => {
        const once = redactText(parts.join(""), texts);
        expect(redactText(once, texts)).toBe(once);
        const nothing = { isSecretParam: () => false, mask: "***" };
        if (!/@|eyJ/.test(parts.join(""))) expect(redactText(parts.join(""), nothing)).toBe(parts.join(""));
      }),
    );
  });
});

describe("the redacted view of a record", () => {
  const map = (entries: Readonly<Record<string, string>>) => new Map(Object.entries(entries));

  it.each<[AttributeName, Value, unknown]>([
    [
      "request.headers",
      map({ authorization: "Bearer x", accept: "*/*" }),
      map({ authorization: "***", accept: "*/*" }),
    ],
    [
      "request.headers",
      map({ cookie: "a=b", "X-API-Key": "x", referer: "/?token=x" }),
      map({ cookie: "***", "X-API-Key": "***", referer: "/?token=***" }),
    ],
    [
      "request.headers",
      map({ "proxy-authorization": "x", "x-csrf-token": "x" }),
      map({ "proxy-authorization": "***", "x-csrf-token": "***" }),
    ],
    [
      "request.headers",
      map({ "x-note": webToken, traceparent: "00-ab-cd-01" }),
      map({ "x-note": "***", traceparent: "00-ab-cd-01" }),
    ],
    [
      "response.headers",
      map({ "set-cookie": "sid=x", location: "https://a.example/?code=x" }),
      map({ "set-cookie": "***", location: "https://a.example/?code=***" }),
    ],
    ["response.trailers", map({ "x-secret": "x" }), map({ "x-secret": "***" })],
    [
      "request.query_params",
      map({ page: "2", token: "x", PASSWORD: "x", next: "/?sig=x" }),
      map({ page: "2", token: "***", PASSWORD: "***", next: "/?sig=***" }),
    ],
    [
      "context.extensions",
      map({ api_key: "x", authorization: "x", team: "a" }),
      map({ api_key: "***", authorization: "***", team: "a" }),
    ],
    ["ratelimit.descriptor", map({ authorization: "x" }), map({ authorization: "***" })],
    ["request.path", "/a?token=x", "/a?token=***"],
    ["request.url_path", "/a;sessionid=x", "/a;sessionid=***"],
    ["request.referer", "https://joe:x@a.example/?a=b", "https://***@a.example/?a=b"],
    ["request.host", "joe:x@a.example:80", "***@a.example:80"],
    ["request.host", "a.example:80", "a.example:80"],
    ["request.useragent", "curl/8 (?token=x)", "curl/8 (?token=***"],
    [
      "response.grpc_message",
      "no such user: https://a.example/?password=x",
      "no such user: https://a.example/?password=***",
    ],
    ["upstream.failure", "GET /?token=x", "GET /?token=***"],
    ["request.api_key", "x", "***"],
    ["source.workload.name", "token=x", "token=x"],
    ["response.code", 503, 503],
  ])("%s %o", (name, value, shown) => {
    expect(redacted(name, value)).toEqual(shown);
  });

  it("redacts attributes that a configuration declares, too", () => {
    expect(redacted("request.url", "https://joe:x@a.example/", {}, "STRING")).toBe("https://***@a.example/");
    expect(redacted("my.uri", "/?token=x", {}, "URI")).toBe("/?token=***");
    expect(redacted("source.note", "/?token=x", {}, "STRING")).toBe("/?token=***");
    expect(redacted("my.map", map({ authorization: "x", token: "x" }), {}, "STRING_MAP")).toEqual(
      map({ authorization: "***", token: "***" }),
    );
  });

  it("adds the names of the configuration, and keeps those that it excepts", () => {
    const over = {
      headers: ["X-Team-*"],
      queryParams: ["voucher"],
      keepHeaders: ["x-csrf-token"],
      keepQueryParams: ["CODE"],
      replacement: "[gone]",
    };
    const headers = map({ "x-team-key": "x", "x-csrf-token": "x", authorization: "x" });
    expect(redacted("request.headers", headers, over)).toEqual(
      map({ "x-team-key": "[gone]", "x-csrf-token": "x", authorization: "[gone]" }),
    );
    expect(redacted("request.path", "/?voucher=x&code=y&token=z", over)).toBe("/?voucher=[gone]&code=y&token=[gone]");
    const off = { keepHeaders: ["*"], keepQueryParams: ["*"] };
    expect(redacted("request.headers", headers, off)).toBe(headers);
    expect(redacted("request.path", "/?token=z", off)).toBe("/?token=z");
  });

  it("leaves the record as it is, and maps without credentials alone", () => {
    const secret = map({ authorization: "x" });
    const open = map({ accept: "x" });
    expect(redacted("request.headers", secret)).not.toBe(secret);
    expect(secret.get("authorization")).toBe("x");
    expect(redacted("request.headers", open)).toBe(open);
  });

  it("is made once for each record, and shows nothing but what was asked for", () => {
    const slots = builtInAttributes.map((_, slot) => slot);
    const view = createRedactedView(builtInAttributes, [3], () => undefined);
    const first = slots.map((slot) => `a${slot}`);
    expect(
      view
        .of(first, 1)
        .map(String)
        .filter((text) => text !== "undefined"),
    ).toEqual(["a3"]);
    expect(view.of([], 1)[3]).toBe("a3");
    expect(view.of([], 2)[3]).toBeUndefined();
  });
});

describe("lists of names", () => {
  it.each([
    ["authorization", true],
    ["Proxy-Authorization", true],
    ["x-authorization-info", true],
    ["set-cookie2", true],
    ["accept", false],
    ["", false],
  ])("headers: %s", (name, listed) => {
    const isSecret = createNameList(secretHeaders, []);
    expect([isSecret(name), isSecret(name)]).toEqual([listed, listed]);
  });

  it("know stars at either end", () => {
    const list = createNameList(["a*", "*z", "*mid*", "whole"], ["amber"]);
    const names = ["alpha", "fuzz", "amidst", "whole", "amber", "wholes", "bid"];
    expect(names.map((name) => list(name))).toEqual([true, true, true, true, false, false, false]);
  });

  it("stay right when more names come than they remember", () => {
    const list = createNameList(["*7"], []);
    for (let n = 0; n < 5000; n++) expect(list(`name-${n}`)).toBe(n % 10 === 7);
  });
});
