import { expect, it } from "vitest";
import type { RecordBatch, RecordReceipt } from "../../../schemas/model/raw-record.ts";
import { createProxyTable } from "../proxies.ts";
import { syslog } from "./index.ts";

function open(report: (batch: RecordBatch) => RecordReceipt | Promise<RecordReceipt>) {
  const errors: string[] = [];
  let bytes = 0;
  const receiver = syslog.open({
    intake: {
      reportAccessLogs: () => ({ accepted: 0, malformed: 0 }),
      reportRecords: report,
      reportSpans: () => ({ accepted: 0, malformed: 0 }),
      reportMetrics: () => ({ accepted: 0, malformed: 0 }),
      takesMetrics: () => false,
      check: () => ({ problem: { reason: "unexpected", error: "nobody asks here" } }),
      limit: () => ({ failure: "not asked" }),
    },
    events: {
      streamOpened() {},
      streamClosed() {},
      message: (source, length) => {
        expect(source).toBe("syslog");
        bytes += length;
      },
      points() {},
      decodeError: (source, reason) => errors.push(`${source} ${reason}`),
    },
    proxies: createProxyTable(() => 0),
    now: () => 0,
  });
  const sink = receiver.messages?.({ reporter: "inbound" });
  if (sink === undefined) throw new Error("no sink");
  return { sink, errors, bytes: () => bytes };
}

const receipt = ({ records, refused = [] }: RecordBatch): RecordReceipt => ({
  accepted: records.length,
  malformed: refused.length,
  rejected: refused,
});

it("hands over what it reads with its sender, one origin for a listener, and counts what it cannot read", () => {
  const batches: RecordBatch[] = [];
  const { sink, errors, bytes } = open((batch) => {
    batches.push(batch);
    return { ...receipt(batch), leftOut: [{ reason: "response.code", error: "x" }] };
  });
  const messages = ['<1>h app: {"a":1}', "<1>none"].map((text) => Buffer.from(text));
  expect(sink(messages)).toBeUndefined();
  sink(messages.slice(0, 1));
  expect(batches[0]).toEqual({
    source: "syslog",
    origin: { kind: "log", fields: undefined, reporter: "inbound" },
    records: [{ index: 0, value: { a: 1 }, sender: { host: "h", app: "app" } }],
    refused: [{ index: 1, reason: "no_json", error: "no_json" }],
  });
  expect(batches[1]?.origin).toBe(batches[0]?.origin);
  expect(errors).toEqual(["syslog message_no_json", "syslog value_response.code", "syslog value_response.code"]);
  expect(bytes()).toBe(17 + 7 + 17);
});

it("is pending while the intake is, and takes many messages in turns", async () => {
  const sizes: number[] = [];
  const gate = Promise.withResolvers<void>();
  const { sink } = open(async (batch) => {
    sizes.push(batch.records.length);
    await gate.promise;
    return receipt(batch);
  });
  const pending = sink(Array(2500).fill(Buffer.from("{}")));
  expect(pending).toBeInstanceOf(Promise);
  expect(sizes).toEqual([1000]);
  gate.resolve();
  await pending;
  expect(sizes).toEqual([1000, 1000, 500]);
});
