import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GrpcError } from "./grpc.ts";
import { decodeGrpcMessage, encodeGrpcMessage, statusOfReset, toGrpcError, toTrailers } from "./status.ts";

describe("grpc-message", () => {
  it.each([
    ["plain text!", "plain text!"],
    ["100 %", "100 %25"],
    ["é\n\t\u007f", "%C3%A9%0A%09%7F"],
    ["\u{1f600}", "%F0%9F%98%80"],
    ["\ud800", "%EF%BF%BD"],
  ])("of %j is %s", (message, encoded) => {
    expect(encodeGrpcMessage(message)).toBe(encoded);
  });

  it("comes back as it was, in printable ASCII", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const encoded = encodeGrpcMessage(message);
        expect(encoded).toMatch(/^[ -~]*$/);
        expect(decodeGrpcMessage(encoded)).toBe(message.toWellFormed());
      }),
    );
  });

  it("is decoded whatever it is", () => {
    expect(decodeGrpcMessage("50% off %zz %F")).toBe("50% off %zz %F");
    fc.assert(fc.property(fc.string(), (text) => void decodeGrpcMessage(text)));
  });

  it("is left out when empty and cut when long", () => {
    expect(toTrailers(0, "")).toEqual({ "grpc-status": "0" });
    expect(toTrailers(3, "x".repeat(5000))).toEqual({ "grpc-status": "3", "grpc-message": "x".repeat(1024) });
  });
});

it("keeps the details of bugs inside", () => {
  const error = new GrpcError(5, "no such thing");
  expect(toGrpcError(error)).toBe(error);
  expect(toGrpcError(new Error("password"))).toMatchObject({ status: 13, message: "internal error" });
});

it.each([
  [0, 1],
  [1, 13],
  [5, 13],
  [7, 14],
  [8, 1],
  [11, 8],
  [12, 7],
  [99, 13],
])("counts reset code %i as status %i", (code, status) => {
  expect(statusOfReset(code)).toBe(status);
});
