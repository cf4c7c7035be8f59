import { describe, expect, it } from "vitest";
import { createProxyTable } from "../../collector/receivers/proxies.ts";
import type { ReceiverDefinition } from "../../collector/receivers/receiver.ts";
import { type GrpcCall, GrpcError, type GrpcMethod, grpcStatus } from "../../collector/transport/grpc.ts";
import type { AccessLogBatch } from "../../schemas/model/access-log.ts";
import type { MetricBatch } from "../../schemas/model/metric.ts";
import type { RateLimitAnswer } from "../../schemas/model/rate-limit.ts";
import type { Receipt } from "../../schemas/model/receipt.ts";
import type { SpanBatch } from "../../schemas/model/span.ts";
import type { Verdict } from "../../schemas/model/verdict.ts";

/** What the battery needs to know of a receiver over gRPC. */
export interface ReceiverFixture {
  /** Full name of the method to try. */
  readonly method: string;
  /** A call takes one message and answers it, instead of a stream of them. */
  readonly unary?: true;
  /** A message, and how many records it holds; 0 where none of them ever does. */
  readonly message: Uint8Array;
  readonly records: number;
  /** A message whose framing is broken. */
  readonly broken: Uint8Array;
}

/** What every receiver over gRPC must do. */
export function receiverBattery(receiver: ReceiverDefinition, fixture: ReceiverFixture): void {
  if (fixture.unary === undefined) streamBattery(receiver, fixture);
  describe(`receiver ${receiver.type}`, () => {
    it("answers methods of the services it declares, and no other", () => {
      const { methods } = start(receiver);
      const services = receiver.services.map(({ typeName }) => typeName);
      const answered = [...methods.keys()].map((name) => name.split("/")[1]);
      expect(new Set(answered)).toEqual(new Set(services));
    });

    it("hands every record of every message to the intake and counts messages and bytes", async () => {
      const { open, seen } = start(receiver);
      const first = open(fixture.method).handler;
      const second = fixture.unary ? open(fixture.method).handler : first;
      await first.message(fixture.message);
      await second.message(fixture.message);
      await second.end();
      expect(seen).toMatchObject({ records: 2 * fixture.records, messages: 2, bytes: 2 * fixture.message.length });
    });

    // Without records nothing is handed over that could be waited for.
    if (fixture.records > 0)
      it("is pending while the intake is, and settles with it", async () => {
        const gate = Promise.withResolvers<void>();
        const { open, seen } = start(receiver, gate.promise);
        const { handler } = open(fixture.method);
        const pending = handler.message(fixture.message);
        expect(pending).toBeInstanceOf(Promise);
        expect(seen.records).toBe(0);
        gate.resolve();
        await pending;
        expect(seen.records).toBe(fixture.records);
      });

    it("refuses a broken message with INVALID_ARGUMENT, counts it, and goes on with other streams", async () => {
      const { open, seen } = start(receiver);
      const [bad, good] = [open(fixture.method), open(fixture.method)];
      const refused = await attempt(() => bad.handler.message(fixture.broken));
      expect(refused).toBeInstanceOf(GrpcError);
      expect(refused).toMatchObject({ status: grpcStatus.INVALID_ARGUMENT });
      expect(seen.errors).toHaveLength(1);
      await good.handler.message(fixture.message);
      expect(seen.records).toBe(fixture.records);
    });
  });
}

function streamBattery(receiver: ReceiverDefinition, fixture: ReceiverFixture): void {
  describe(`receiver ${receiver.type}, its streams`, () => {
    it.each(["end", "abort", "refusal"] as const)("tells once that a stream is over: %s", async (how) => {
      const { open, seen } = start(receiver);
      const { handler } = open(fixture.method);
      expect(seen.open).toBe(1);
      if (how === "refusal") await attempt(() => handler.message(fixture.broken));
      else if (how === "end") await handler.end();
      handler.abort?.("the connection is lost");
      expect(seen.open).toBe(0);
    });

    it("takes messages that were on their way when the server ended the call", async () => {
      const { open, seen, sent } = start(receiver);
      const { handler, method } = open(fixture.method);
      await handler.end();
      expect(sent).toHaveLength(1);
      expect([method.endsOnDrain, method.takesLateMessages]).toEqual([true, true]);
      await handler.message(fixture.message);
      expect(seen).toMatchObject({ records: fixture.records, open: 0 });
    });
  });
}

const nothingLimited: RateLimitAnswer = {
  ...{ overLimit: false, statuses: [], responseHeaders: [], requestHeaders: [], body: undefined, metadata: undefined },
};

/** What a call came to, if it failed. */
async function attempt(run: () => void | Promise<void>): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function start(receiver: ReceiverDefinition, gate?: Promise<void>) {
  const seen = { open: 0, messages: 0, bytes: 0, records: 0, errors: [] as string[] };
  const sent: Uint8Array[] = [];
  const take = (batch: AccessLogBatch | SpanBatch | MetricBatch): Receipt => {
    let accepted = 0;
    while (batch.next() !== undefined) accepted++;
    seen.records += accepted;
    return { accepted, malformed: batch.malformed };
  };
  const events = {
    streamOpened: () => void seen.open++,
    streamClosed: () => void seen.open--,
    message(_source: string, bytes: number) {
      seen.messages++;
      seen.bytes += bytes;
    },
    points() {},
    decodeError: (_source: string, reason: string) => void seen.errors.push(reason),
  };
  const report = (batch: AccessLogBatch | SpanBatch | MetricBatch) =>
    gate === undefined ? take(batch) : gate.then(() => take(batch));
  const decide = () => {
    seen.records++;
    return { verdict: anyVerdict };
  };
  const intake = {
    reportAccessLogs: report,
    reportSpans: report,
    reportMetrics: report,
    takesMetrics: () => false,
    reportRecords: () => ({ accepted: 0, malformed: 0, rejected: [] }),
    check: () => (gate === undefined ? decide() : gate.then(decide)),
    limit: () => ({ answer: nothingLimited }),
  };
  const methods = receiver
    .open({ intake, events, proxies: createProxyTable(() => 0), now: Date.now })
    .methods({ reporter: "outbound", trustForwardedClientCert: false, default: "allow", trustedHops: 0 });
  const open = (name: string) => {
    const method: GrpcMethod | undefined = methods.get(name);
    if (method === undefined) throw new Error(`no method ${name}`);
    return { method, handler: method.open(aCall(name), (bytes) => void sent.push(bytes)) };
  };
  return { methods, open, seen, sent };
}

const anyVerdict: Verdict = {
  ...{ id: "1", allowed: true, denial: undefined, rule: "", revision: "r1", changes: {} },
  ...{ reasons: [], shadow: undefined, cache: "off", limits: [] },
};

function aCall(method: string): GrpcCall {
  const peer = { address: "127.0.0.1:1", spiffeId: undefined };
  const { signal } = new AbortController();
  return { method, metadata: {}, header: () => undefined, peer, listener: "grpc", deadlineMs: undefined, signal };
}
