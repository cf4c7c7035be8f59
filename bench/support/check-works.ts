import { stringify } from "yaml";
import { createAnswerEncoder } from "../../collector/decode/ext-authz/answer.ts";
import { createCheckDecoder } from "../../collector/decode/ext-authz.ts";
import type { Pipeline } from "../../collector/pipeline.ts";
import type { CheckReceipt, ProxiedCheck } from "../../schemas/model/check-request.ts";
import type { Verdict } from "../../schemas/model/verdict.ts";
import { tenRules } from "./check-rules.ts";
import { cpuPerUnit } from "./cpu-per-unit.ts";
import { createDefaultPipeline } from "./default-plan.ts";

const listener = { reporter: "inbound", trustedHops: 0 } as const;

/** What a check by ten rules costs in this process, without gRPC and without keeping the decision, in microseconds of processor time. */
export async function costInProcess(requests: readonly Uint8Array[]): Promise<Readonly<Record<string, number>>> {
  const { pipeline, close } = await createDefaultPipeline(false, stringify({ rules: tenRules }));
  const decoder = createCheckDecoder();
  const encoder = createAnswerEncoder();
  const decode = (bytes: Uint8Array) => decoder.decode(bytes, listener);
  const first = requests.slice(0, 1);
  const verdict = decide(pipeline, decode(first[0] as Uint8Array));
  const whole = (bytes: Uint8Array, use: (verdict: Verdict) => void) => {
    const check = decode(bytes);
    use(decide(pipeline, check));
    decoder.done(check);
  };
  const answer = (given: Verdict) => void encoder.encode(given, false);
  const costs = cpuPerUnit({
    decodeSame: inTurn(first, (bytes) => decoder.done(decode(bytes))),
    decode: inTurn(requests, (bytes) => decoder.done(decode(bytes))),
    decodeAndCheckCached: inTurn(first, (bytes) => whole(bytes, () => {})),
    decodeAndCheck: inTurn(requests, (bytes) => whole(bytes, () => {})),
    encode: () => answer(verdict),
    encodeFirst: () => answer({ ...verdict, changes: { ...verdict.changes }, cache: "miss" }),
    allCached: inTurn(first, (bytes) => whole(bytes, answer)),
    all: inTurn(requests, (bytes) => whole(bytes, answer)),
  });
  await close();
  return {
    ...{ decode: costs.decode, encode: costs.encode, encodeFirst: costs.encodeFirst },
    ...{ checkCached: costs.decodeAndCheckCached - costs.decodeSame, check: costs.decodeAndCheck - costs.decode },
    ...{ allCached: costs.allCached, all: costs.all },
  };
}

function inTurn(requests: readonly Uint8Array[], use: (bytes: Uint8Array) => void): () => void {
  let at = 0;
  return () => use(requests[at++ % requests.length] as Uint8Array);
}

function decide(pipeline: Pipeline, check: ProxiedCheck): Verdict {
  const receipt = pipeline.check({ check, byDefault: "deny", waitsMs: 200 }) as CheckReceipt; // no rule waits
  if (!("verdict" in receipt) || !receipt.verdict.allowed) throw new Error(JSON.stringify(receipt));
  return receipt.verdict;
}
