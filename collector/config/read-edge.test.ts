import { describe, expect, it } from "vitest";
import { instanceOf, valueIn, withInstance } from "./instances.fixture.ts";

describe("an edge", () => {
  it("has defaults for each part of each side that is left out", () => {
    const { source, destination, protocol } = instanceOf(
      "edge",
      withInstance("{ template: edge, params: { source: { workload: request.host } } }"),
    );
    const names = ["name", "namespace", "workload", "service", "uid", "owner", "cluster"];
    expect(source.map(({ name }) => name)).toEqual(names);
    expect(destination.map(({ name }) => name)).toEqual(names);
    expect(source[2]?.expression.text).toBe("request.host");
    expect(destination[2]?.expression.text).toBe("destination.workload.name");
    expect(valueIn(protocol, { "context.protocol": "grpc" })).toBe("grpc");
  });
});
