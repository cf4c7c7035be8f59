import { expect, it } from "vitest";
import { otlpLimits, otlpProblems, otlpSettingsSchema } from "./settings.ts";

const problems = (settings: object) => otlpProblems(otlpSettingsSchema.parse(settings)).map(({ path }) => path.join());

it("finds a path in the endpoint of gRPC, and none missed over HTTP", () => {
  expect(problems({ endpoint: "http://collector:4317/v1/logs" })).toEqual(["endpoint"]);
  expect(problems({ endpoint: "http://collector:4317" })).toEqual([]);
  expect(problems({ endpoint: "http://collector:4318/otlp", protocol: "http" })).toEqual([]);
});

it("finds TLS settings of an endpoint without TLS", () => {
  expect(problems({ endpoint: "http://collector:4317", tls: { ca: "ca.pem" } })).toEqual(["tls"]);
  expect(problems({ endpoint: "https://collector:4317", tls: { ca: "ca.pem" } })).toEqual([]);
});

it("wants certificate and key together", () => {
  expect(otlpSettingsSchema.safeParse({ endpoint: "https://a", tls: { cert: "a.pem" } }).success).toBe(false);
});

it("keeps requests below what servers take", () => {
  expect(otlpLimits({ protocol: "grpc" }).maxBytes).toBeLessThan(4 << 20);
  expect(otlpLimits({ protocol: "http" }).maxBytes).toBeLessThan(20 << 20);
});
