import { stringify } from "yaml";
import { createAccessLogDecoder } from "../collector/decode/access-log.ts";
import type { Pipeline } from "../collector/pipeline.ts";
import type { AccessLogBatch } from "../schemas/model/access-log.ts";
import type { CheckReceipt } from "../schemas/model/check-request.ts";
import type { Receipt } from "../schemas/model/receipt.ts";
import type { Verdict } from "../schemas/model/verdict.ts";
import { entriesInMessage, makeTraffic, requestOf } from "./support/access-log-traffic.ts";
import { createDefaultPipeline } from "./support/default-plan.ts";
import { sideBySide, threadTime } from "./support/side-by-side.ts";

/**
 * What policy adds to the record path, bytes to series and statistics: entries per second of processor time without policy, with one that nobody asks, and with the
 * decision on every request joined; where proxies do not log what the hub told them, and (`told`) where they do, as Envoy does.
 */
export interface PolicyPathBench {
  readonly withoutPolicy: number;
  readonly unused: number;
  readonly joined: number;
  /** Time that an entry takes, beside one without policy. */
  readonly unusedRatio: number;
  readonly joinedRatio: number;
  readonly toldWithoutPolicy: number;
  readonly toldUnused: number;
  readonly toldJoined: number;
  readonly toldUnusedRatio: number;
  readonly toldJoinedRatio: number;
}

const messages = 200;
const filter = "envoy.filters.http.ext_authz";
const paths = ["admin", "internal", "debug", "metrics", "private", "staff", "beta"];
/** Rules that apply to some services: so they make no more series than there are. */
const policy = stringify({
  rules: [
    ...paths.map((path) => ({ name: path, match: `request.url_path.startsWith("/${path}")`, deny: {} })),
    { name: "agents", match: 'request.useragent.startsWith("bad")', deny: {} },
    { name: "closed", match: 'request.host.startsWith("service-7")', deny: { status: 403 } },
    { name: "partners", match: 'request.host.startsWith("service-2")', allow: true },
    { name: "rest", allow: true },
  ],
});

/** Measures all side by side. */
export async function runPolicyPathBench(): Promise<PolicyPathBench> {
  const [without, unused, joined] = await Promise.all([
    createDefaultPipeline(true),
    createDefaultPipeline(true, policy),
    createDefaultPipeline(true, policy),
  ]);
  const verdicts = decideAll(joined.pipeline);
  const plain = makeTraffic(messages);
  const told = makeTraffic(messages, 40, Date.now(), (n) => ({ [filter]: toldOf(verdicts[n] as Verdict) }));
  const rates = sideBySide(
    {
      withoutPolicy: reporting(without.pipeline, plain),
      unused: reporting(unused.pipeline, plain),
      joined: reporting(joined.pipeline, plain),
      toldWithoutPolicy: reporting(without.pipeline, told),
      toldUnused: reporting(unused.pipeline, told),
      toldJoined: reporting(joined.pipeline, told),
    },
    15,
    150,
    threadTime,
  );
  await Promise.all([without, unused, joined].map(({ close }) => close()));
  return {
    ...rates,
    unusedRatio: rates.withoutPolicy / rates.unused,
    joinedRatio: rates.withoutPolicy / rates.joined,
    toldUnusedRatio: rates.toldWithoutPolicy / rates.toldUnused,
    toldJoinedRatio: rates.toldWithoutPolicy / rates.toldJoined,
  };
}

/** Has the requests of all entries decided, as their proxy would before it logs them. */
function decideAll(pipeline: Pipeline): Verdict[] {
  return Array.from({ length: messages * entriesInMessage }, (_, n) => {
    const call = {
      check: { kind: "report" as const, value: requestOf(n) },
      byDefault: "allow" as const,
      waitsMs: 1000,
    };
    const receipt = pipeline.check(call) as CheckReceipt; // no rule makes it wait
    if ("problem" in receipt) throw new Error(JSON.stringify(receipt.problem));
    return receipt.verdict;
  });
}

/** What the hub gives the proxy with a verdict, and the proxy logs. */
const toldOf = ({ id, rule, revision, allowed }: Verdict) => ({ decision_id: id, rule, revision, allowed });

function reporting(pipeline: Pipeline, traffic: readonly Uint8Array[]): () => number {
  const ignore = { entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} };
  const stream = createAccessLogDecoder(ignore).open({ reporter: "inbound", trustForwardedClientCert: false });
  const take = (batch: AccessLogBatch) => pipeline.reportAccessLogs(batch) as Receipt; // no lane makes it wait
  let at = -1;
  return () => {
    at = (at + 1) % traffic.length;
    return take(stream.read(traffic[at] as Uint8Array)).accepted;
  };
}
