import type { LogOrigin, RawRecord, RejectedRecord } from "../../../schemas/model/raw-record.ts";
import { parseSyslog } from "../../decode/syslog.ts";
import type { MessageSink } from "../../transport/syslog/server.ts";
import { defineReceiver, type ReceiverHost } from "../receiver.ts";

const source = "syslog";
/** Messages taken before others get their turn. */
const TURN = 1000;

/** Takes log lines of nginx, HAProxy and others: JSON in syslog messages, over UDP or TCP. */
export const syslog = defineReceiver({
  type: "syslog",
  source,
  summary: "Log lines as JSON in syslog messages, RFC 5424 or RFC 3164, over UDP or TCP.",
  services: [],
  open: (host) => ({
    methods: () => new Map(),
    messages: ({ syslog: settings, reporter = "outbound" }) =>
      openSink({ kind: "log", fields: settings?.fields, reporter }, host),
  }),
});

function openSink(origin: LogOrigin, host: ReceiverHost): MessageSink {
  return (messages) => {
    const pending = take(messages.slice(0, TURN), origin, host);
    if (messages.length <= TURN) return pending;
    return takeRest(messages, origin, host, pending);
  };
}

async function takeRest(
  messages: readonly Buffer[],
  origin: LogOrigin,
  host: ReceiverHost,
  first: void | Promise<void>,
): Promise<void> {
  await first;
  for (let at = TURN; at < messages.length; at += TURN) {
    await new Promise((resolve) => setImmediate(resolve));
    await take(messages.slice(at, at + TURN), origin, host);
  }
}

function take(messages: readonly Buffer[], origin: LogOrigin, { intake, events }: ReceiverHost): void | Promise<void> {
  const records: RawRecord[] = [];
  const refused: RejectedRecord[] = [];
  for (const [index, message] of messages.entries()) {
    events.message(source, message.length);
    const line = parseSyslog(message);
    if (typeof line === "string") refused.push({ index, reason: line, error: line });
    else records.push({ index, ...line });
  }
  const count = (receipt: Awaited<ReturnType<typeof intake.reportRecords>>) => {
    for (const { reason } of receipt.rejected) events.decodeError(source, `message_${reason}`);
    for (const { reason } of receipt.leftOut ?? []) events.decodeError(source, `value_${reason}`);
  };
  const receipt = intake.reportRecords({ source, origin, records, refused });
  return receipt instanceof Promise ? receipt.then(count) : count(receipt);
}
