import { describe, expect, it } from "vitest";
import { classOf, describeCode, mayBeStored } from "./error-codes.ts";
import { toFailure } from "./failure.ts";

const failed = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

describe("a failure", () => {
  it.each<[string, unknown, { reason: string; mend: boolean }]>([
    [
      "nobody listens",
      failed("Connection error: connect ECONNREFUSED 127.0.0.1:1", { broker: "127.0.0.1:1", code: "ECONNREFUSED" }),
      { reason: "connect ECONNREFUSED 127.0.0.1:1", mend: false },
    ],
    [
      "the connection ended",
      failed("Closed connection", { broker: "kafka:9092", name: "KafkaJSConnectionClosedError" }),
      { reason: "kafka:9092: Closed connection; if this does not pass, check sasl and tls", mend: false },
    ],
    [
      "the password is wrong",
      failed("SASL PLAIN authentication failed", { name: "KafkaJSSASLAuthenticationError" }),
      { reason: "SASL PLAIN authentication failed; check sasl.username and sasl.password", mend: true },
    ],
    [
      "the certificate is of somebody unknown",
      failed("Connection error: self-signed certificate", {
        broker: "kafka:9093",
        code: "DEPTH_ZERO_SELF_SIGNED_CERT",
      }),
      { reason: "kafka:9093: self-signed certificate", mend: true },
    ],
    [
      "a protocol error that a person must mend",
      failed("Cluster authorization failed", { code: 31 }),
      {
        reason:
          "Cluster authorization failed: CLUSTER_AUTHORIZATION_FAILED (31); grant the user IDEMPOTENT_WRITE on the cluster, or set idempotent: false",
        mend: true,
      },
    ],
    ["something that is no error", "oops", { reason: "oops", mend: false }],
    [
      "several brokers",
      new AggregateError([failed("one"), failed("two"), failed("one")]),
      { reason: "one; two", mend: false },
    ],
  ])("because %s", (_, error, failure) => {
    expect(toFailure(error)).toEqual(failure);
  });
});

describe("an error code", () => {
  it("is what the protocol's table says", () => {
    const of = (kind: string) =>
      Array.from({ length: 130 }, (_, code) => code).filter(
        (code) => code > 0 && classOf(code) === kind && !describeCode(code).startsWith("an error"),
      );
    expect(of("retry")).toEqual([
      2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 72, 74, 75, 78, 80, 83, 89, 100, 103,
    ]);
    expect([...of("split"), ...of("refused")].sort((a, b) => a - b)).toEqual([10, 17, 18, 32, 43, 44, 76, 87]);
    expect(of("mend")).toEqual([21, 29, 31, 33, 34, 35, 42, 53, 54, 58]);
    expect(of("producer")).toEqual([45, 47, 49, 59, 90]);
    expect(of("stored")).toEqual([46]);
    expect(classOf(-1)).toBe("retry");
  });

  it("may hide that the records are stored", () => {
    expect([-1, 7, 13, 20, 4711].every(mayBeStored)).toBe(true);
    expect([0, 3, 6, 10, 19, 29, 45].some(mayBeStored)).toBe(false);
  });
});
