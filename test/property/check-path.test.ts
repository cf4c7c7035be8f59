import { fromBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { createDefaultPipeline } from "../../bench/support/default-plan.ts";
import { createAnswerEncoder } from "../../collector/decode/ext-authz/answer.ts";
import { createCheckDecoder } from "../../collector/decode/ext-authz.ts";
import type { Pipeline } from "../../collector/pipeline.ts";
import { CheckResponseSchema } from "../../schemas/gen/envoy/service/auth/v3/external_auth_pb.js";
import type { CheckReceipt } from "../../schemas/model/check-request.ts";
import { checkRequest } from "../support/arbitrary-checks.ts";

/** Rules that tell what they read, and rules that say the same to all. */
const rules = [
  { name: "ops", match: 'request.headers["x-role"] == "ops"', deny: { message: { value: "request.path" } } },
  {
    name: "admin",
    match: 'request.url_path.startsWith("/admin")',
    deny: { status: 401, headers: { "x-why": "admin" } },
  },
  { name: "delete", match: 'request.method == "DELETE"', deny: {}, onError: "allow" },
  {
    name: "port",
    match: "destination.port == 8443",
    allow: true,
    headers: { upstream: { set: { "x-port": "8443" } } },
  },
  {
    name: "rest",
    match: '!(source.principal | "").startsWith("other")',
    allow: true,
    headers: { upstream: { set: { "x-user": { value: 'request.headers["x-user"] | "nobody"' } } } },
    metadata: {
      labels: { value: 'destination.labels["app"] | "none"' },
      sni: { value: 'connection.requested_server_name | "none"' },
    },
  },
];

const listener = { reporter: "inbound", trustedHops: 0 } as const;

/** Answers requests in turn as the receiver does; the decision's own id is left out. */
function createAnswers(pipeline: Pipeline): (bytes: Uint8Array) => unknown {
  const [decoder, encoder] = [createCheckDecoder(), createAnswerEncoder()];
  return (bytes) => {
    const check = decoder.decode(bytes, listener);
    const receipt = pipeline.check({ check, byDefault: "deny", waitsMs: 1000 }) as CheckReceipt; // no rule waits
    if (!("verdict" in receipt)) throw new Error(JSON.stringify(receipt));
    const answer = toJson(CheckResponseSchema, fromBinary(CheckResponseSchema, encoder.encode(receipt.verdict, false)));
    decoder.done(check);
    return JSON.parse(JSON.stringify(answer).replace(receipt.verdict.id, "ID"));
  };
}

it("answers a request the same whatever was asked before: nothing is left of it in what is used again", async () => {
  const open = () => createDefaultPipeline(false, stringify({ rules }));
  const rounds = fc.array(checkRequest, { minLength: 2, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(rounds, async (requests) => {
      const used = await open();
      const answer = createAnswers(used.pipeline);
      for (const bytes of [...requests, ...requests]) {
        const alone = await open();
        expect(answer(bytes)).toEqual(createAnswers(alone.pipeline)(bytes));
        await alone.close();
      }
      await used.close();
    }),
    { numRuns: 8 },
  );
});
