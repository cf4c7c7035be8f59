import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createAccessLogDecoder } from "../../collector/decode/access-log.ts";
import {
  HTTPAccessLogEntrySchema,
  TCPAccessLogEntrySchema,
} from "../../schemas/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import {
  StreamAccessLogsMessage_IdentifierSchema,
  StreamAccessLogsMessageSchema,
} from "../../schemas/gen/envoy/service/accesslog/v3/als_pb.js";
import type { AccessLogBatch } from "../../schemas/model/access-log.ts";
import { arbitraryMessage } from "./arbitrary-message.ts";
import { expectedHttp, expectedNode, expectedTcp, type Plain, readAll } from "./decode-reference.ts";

const ignore = { entry() {}, value() {}, identifierMissing() {}, identifierMalformed() {} };
/** One decoder for all runs, so that what it remembers is put to the test, too. */
const decoder = createAccessLogDecoder(ignore);
const open = () => decoder.open({ reporter: "inbound", trustForwardedClientCert: false });

function expectEntries(batch: AccessLogBatch, expected: readonly Plain[]): void {
  for (const wanted of expected) {
    const entry = batch.next();
    expect(entry).toBeDefined();
    // Twice: reading leaves an entry as it was.
    if (entry) for (let i = 0; i < 2; i++) expect(readAll(entry, wanted)).toEqual(wanted);
  }
  expect(batch.next()).toBeUndefined();
  expect(batch.malformed).toBe(0);
}

it("reads every field of HTTP entries as generated code does", () => {
  const entries = fc.array(arbitraryMessage(HTTPAccessLogEntrySchema), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(entries, (logEntry) => {
      const message = create(StreamAccessLogsMessageSchema, { logEntries: { case: "httpLogs", value: { logEntry } } });
      expectEntries(open().read(toBinary(StreamAccessLogsMessageSchema, message)), logEntry.map(expectedHttp));
    }),
    { numRuns: 300 },
  );
});

it("reads every field of TCP entries as generated code does", () => {
  const entries = fc.array(arbitraryMessage(TCPAccessLogEntrySchema), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(entries, (logEntry) => {
      const message = create(StreamAccessLogsMessageSchema, { logEntries: { case: "tcpLogs", value: { logEntry } } });
      expectEntries(open().read(toBinary(StreamAccessLogsMessageSchema, message)), logEntry.map(expectedTcp));
    }),
    { numRuns: 200 },
  );
});

it("reads identifiers as generated code does", () => {
  fc.assert(
    fc.property(arbitraryMessage(StreamAccessLogsMessage_IdentifierSchema), (identifier) => {
      const message = create(StreamAccessLogsMessageSchema, { identifier });
      const { origin } = open().read(toBinary(StreamAccessLogsMessageSchema, message));
      expect(origin.identifier).toEqual({ node: expectedNode(identifier.node), logName: identifier.logName });
    }),
    { numRuns: 200 },
  );
});
