import { afterAll, beforeAll, expect, it } from "vitest";
import { openRunningHub, type RunningHub } from "../support/running-hub.ts";

let hub: RunningHub;
beforeAll(async () => {
  hub = await openRunningHub({ http: { address: "127.0.0.1:0" } }, {});
});
afterAll(() => hub.close());

async function ask(body: string) {
  const response = await fetch(`http://${hub.listeners.http}/v1/check`, { method: "POST", body });
  const { error, allowed } = (await response.json()) as {
    error?: { code: string; message: string };
    allowed?: boolean;
  };
  return [response.status, error?.code ?? allowed, error?.message];
}

it.each([
  ["lists in lists", "[".repeat(5_000_000), "expected at most 32 levels of nesting"],
  ["no JSON", '{"attributes":', "expected a value, got the end"],
  ["more behind the question", '{"attributes":{}} x', "Unexpected non-whitespace"],
])("refuses %s", async (_what, body, message) => {
  expect(await ask(body)).toEqual([400, "MALFORMED_JSON", expect.stringContaining(message)]);
});

it("answers a question behind white space", async () => {
  expect(await ask(' \n{"attributes":{"request.method":"GET"}} ')).toEqual([200, true, undefined]);
});
