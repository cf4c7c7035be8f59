import { fromBinary, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CheckResponseSchema } from "../../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import type { HeaderChange, Verdict } from "../../../schemas/model/verdict.ts";
import { createAnswerEncoder } from "./answer.ts";

const encoder = createAnswerEncoder();

const allowed: Verdict = {
  ...{ id: "d1", allowed: true, denial: undefined, rule: "staff", revision: "r7", changes: {} },
  ...{ reasons: [], shadow: undefined, cache: "off", limits: [] },
};
const denied: Verdict = { ...allowed, allowed: false, denial: { status: 401, code: 16, message: "who are you?" } };

/** An answer as generated code reads it. */
function answerTo(verdict: Verdict, isGrpc = false) {
  return toJson(CheckResponseSchema, fromBinary(CheckResponseSchema, encoder.encode(verdict, isGrpc)));
}

const changing = (changes: Verdict["changes"]) => answerTo({ ...allowed, changes });

/** Overwrites in every version of Envoy. */
const overwrite = { append: false, appendAction: "OVERWRITE_IF_EXISTS_OR_ADD" };

describe("an allowed request", () => {
  it("has status 0, and the decision in the metadata beside what rules add", () => {
    expect(
      changing({ metadata: { tier: "gold", score: 1.5, tags: ["a", null, { b: true }], rule: "not this" } }),
    ).toEqual({
      status: {},
      okResponse: {},
      dynamicMetadata: {
        ...{ tier: "gold", score: 1.5, tags: ["a", null, { b: true }] },
        ...{ decision_id: "d1", rule: "staff", revision: "r7", allowed: true },
      },
    });
  });

  it("says append and append_action of each header, whichever counts", () => {
    const upstream: readonly HeaderChange[] = [
      { action: "set", name: "x-user", value: "alice" },
      { action: "append", name: "x-list", value: "a" },
      { action: "add", name: "x-more", value: "b" },
      { action: "set", name: "x-empty", value: "" },
      { action: "remove", name: "x-secret" },
    ];
    const client: readonly HeaderChange[] = [
      { action: "set", name: "x-checked", value: "yes" },
      { action: "add", name: "set-cookie", value: "a=1" },
    ];
    expect(changing({ upstream, client })).toMatchObject({
      okResponse: {
        headers: [
          { header: { key: "x-user", value: "alice" }, ...overwrite },
          { header: { key: "x-list", value: "a" }, append: true },
          { header: { key: "x-more", value: "b" }, append: true },
          { header: { key: "x-empty" }, ...overwrite, keepEmptyValue: true },
        ],
        headersToRemove: ["x-secret"],
        responseHeadersToAdd: [
          { header: { key: "x-checked", value: "yes" }, ...overwrite },
          { header: { key: "set-cookie", value: "a=1" }, append: true },
        ],
      },
    });
  });

  it("leaves out pseudo headers, Host, framing and names that are none, and breaks no line", () => {
    const names = [":path", "Host", "Content-Length", "transfer-encoding", "a b", "", "x\r\ny"];
    const upstream = names.flatMap((name): HeaderChange[] => [
      { action: "set", name, value: "x" },
      { action: "remove", name },
    ]);
    expect(changing({ upstream })).toMatchObject({ okResponse: {} });
    expect(changing({ upstream: [{ action: "set", name: "X-Note", value: "a\r\nx-evil: 1" }] })).toMatchObject({
      okResponse: { headers: [{ header: { key: "x-note", value: "a  x-evil: 1" } }] },
    });
  });

  it("sets and removes query parameters", () => {
    const query = [
      { name: "page", value: "2" },
      { name: "debug", value: undefined },
    ];
    expect(changing({ query })).toMatchObject({
      okResponse: { queryParametersToSet: [{ key: "page", value: "2" }], queryParametersToRemove: ["debug"] },
    });
  });
});

describe("a refused request", () => {
  it("has status, headers and body, and the code and message for gRPC", () => {
    const client: readonly HeaderChange[] = [{ action: "set", name: "www-authenticate", value: "Bearer" }];
    const verdict: Verdict = {
      ...denied,
      changes: { client },
      denial: { status: 401, code: 16, message: "m", body: "<b>" },
    };
    expect(answerTo(verdict)).toEqual({
      status: { code: 16, message: "m" },
      deniedResponse: {
        status: { code: 401 },
        headers: [{ header: { key: "www-authenticate", value: "Bearer" }, ...overwrite }],
        body: "<b>",
      },
      dynamicMetadata: { decision_id: "d1", rule: "staff", revision: "r7", allowed: false },
    });
  });

  it("is a refusal whatever a checker made up", () => {
    for (const [status, code] of [
      [0, 0],
      [1000, -1],
      [403.5, 1.5],
    ] as const)
      expect(answerTo({ ...denied, denial: { status, code, message: "m" } }, true)).toMatchObject({
        status: { code: 7 },
        deniedResponse: { status: { code: 403 }, headers: [{ header: { key: "grpc-status", value: "7" } }] },
      });
  });

  it("has the message as body where there is none", () => {
    expect(answerTo(denied)).toMatchObject({ deniedResponse: { body: "who are you?" } });
  });

  it("tells gRPC callers the verdict's own code, and the message instead of the body", () => {
    const verdict: Verdict = { ...denied, denial: { status: 429, code: 8, message: "slow down", body: "<html>" } };
    expect(answerTo(verdict, true)).toMatchObject({
      deniedResponse: {
        status: { code: 429 },
        headers: [{ header: { key: "grpc-status", value: "8" }, ...overwrite }],
        body: "slow down",
      },
    });
  });
});

describe("an answer that comes again", () => {
  const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const changes = Object.freeze({ upstream: [{ action: "set", name: "x-a", value: "1" }] } as const);
  const denial = { status: 403, code: 7, message: "no" };
  const verdicts: readonly Partial<Verdict>[] = [
    { changes },
    { changes, rule: "other" },
    { changes, revision: "r8" },
    { changes, allowed: false, denial },
    { changes, allowed: false, denial: { ...denial, status: 404 } },
    { changes: { metadata: { tier: "gold" } }, cache: "hit" },
  ];

  it("is what it would be without memory, but for its id", () => {
    for (let n = 0; n < 60; n++) {
      const verdict = { ...allowed, ...verdicts[(n * 7) % verdicts.length], id: uuid(n) };
      for (const isGrpc of [false, true])
        expect(Buffer.from(encoder.encode(verdict, isGrpc))).toEqual(
          Buffer.from(createAnswerEncoder().encode(verdict, isGrpc)),
        );
    }
  });

  it("does not change an answer that was given", () => {
    const first = encoder.encode({ ...allowed, changes, id: uuid(1) }, false);
    const copy = Uint8Array.from(first);
    encoder.encode({ ...allowed, changes, id: uuid(2) }, false);
    expect(Uint8Array.from(first)).toEqual(copy);
  });
});
