import type { Attribute } from "./attribute.ts";

/** The attributes of records that are made of two spans, those of both sides of one call, or of one of them. */
export const callAttributes = [
  {
    name: "call.client",
    type: "STRING",
    meaning: "Who calls: service.name of the client's span, or the name of a virtual node.",
    ours: true,
    call: "service.name of the client's span; else what the server's names, else `user`",
  },
  {
    name: "call.server",
    type: "STRING",
    meaning: "Who is called: service.name of the server's span, or the name of a virtual node.",
    ours: true,
    call: "service.name of the server's span; else what the client's names: peer, host, database or queue",
  },
  {
    name: "call.type",
    type: "STRING",
    meaning:
      "database, messaging_system or virtual_node; absent for a request between two services with spans of both.",
    ours: true,
    call: "`db.*`, `messaging.*`, or PRODUCER and CONSUMER; else `virtual_node` if one side has no span",
  },
  {
    name: "call.virtual",
    type: "STRING",
    meaning: "client or server: the side that has no span; absent if both have.",
    ours: true,
    call: "which span is missing",
  },
  {
    name: "call.failed",
    type: "BOOL",
    meaning: "Whether one of the spans ended with an error.",
    ours: true,
    call: "status of both spans",
  },
  {
    name: "call.client.duration",
    type: "DURATION",
    meaning: "How long the call took as the client saw it.",
    ours: true,
    call: "end - start of the client's span",
  },
  {
    name: "call.server.duration",
    type: "DURATION",
    meaning: "How long the call took as the server saw it.",
    ours: true,
    call: "end - start of the server's span; where there is none, of the client's",
  },
  {
    name: "call.queue.duration",
    type: "DURATION",
    meaning: "How long a message was under way.",
    ours: true,
    call: "start of the consumer's span - end of the producer's, unless that is below 0",
  },
  {
    name: "call.dropped",
    type: "BOOL",
    meaning: "Of a span that found no other side: whether it stopped waiting early, for want of room.",
    ours: true,
    call: "with `context.signal` = `unpaired`",
  },
] as const satisfies readonly Attribute[];
