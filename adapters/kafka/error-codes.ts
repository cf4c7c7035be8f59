/**
 * What a Kafka error code means for records: `retry` as they are; `split` because the batch or one of its records is at fault; `refused`
 * for good; `mend` what a person must (settings, rights), and retry; a `producer` identity is used up; they are `stored` already.
 */
export type CodeClass = "retry" | "split" | "refused" | "mend" | "producer" | "stored";

const classes: Readonly<Record<CodeClass, Readonly<Record<number, string>>>> = {
  retry: {
    2: "CORRUPT_MESSAGE",
    3: "UNKNOWN_TOPIC_OR_PARTITION",
    5: "LEADER_NOT_AVAILABLE",
    6: "NOT_LEADER_OR_FOLLOWER",
    7: "REQUEST_TIMED_OUT",
    9: "REPLICA_NOT_AVAILABLE",
    13: "NETWORK_EXCEPTION",
    14: "COORDINATOR_LOAD_IN_PROGRESS",
    15: "COORDINATOR_NOT_AVAILABLE",
    16: "NOT_COORDINATOR",
    19: "NOT_ENOUGH_REPLICAS",
    20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    41: "NOT_CONTROLLER",
    51: "CONCURRENT_TRANSACTIONS",
    56: "KAFKA_STORAGE_ERROR",
    72: "LISTENER_NOT_FOUND",
    74: "FENCED_LEADER_EPOCH",
    75: "UNKNOWN_LEADER_EPOCH",
    78: "OFFSET_NOT_AVAILABLE",
    80: "PREFERRED_LEADER_NOT_AVAILABLE",
    83: "ELIGIBLE_LEADERS_NOT_AVAILABLE",
    89: "THROTTLING_QUOTA_EXCEEDED",
    100: "UNKNOWN_TOPIC_ID",
    103: "INCONSISTENT_TOPIC_ID",
  },
  split: {
    10: "MESSAGE_TOO_LARGE",
    18: "RECORD_LIST_TOO_LARGE",
    32: "INVALID_TIMESTAMP",
    87: "INVALID_RECORD",
  },
  refused: {
    17: "INVALID_TOPIC",
    43: "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    44: "POLICY_VIOLATION",
    76: "UNSUPPORTED_COMPRESSION_TYPE",
  },
  mend: {
    21: "INVALID_REQUIRED_ACKS",
    29: "TOPIC_AUTHORIZATION_FAILED",
    31: "CLUSTER_AUTHORIZATION_FAILED",
    33: "UNSUPPORTED_SASL_MECHANISM",
    34: "ILLEGAL_SASL_STATE",
    35: "UNSUPPORTED_VERSION",
    42: "INVALID_REQUEST",
    53: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    54: "SECURITY_DISABLED",
    58: "SASL_AUTHENTICATION_FAILED",
  },
  producer: {
    45: "OUT_OF_ORDER_SEQUENCE_NUMBER",
    47: "INVALID_PRODUCER_EPOCH",
    49: "INVALID_PRODUCER_ID_MAPPING",
    59: "UNKNOWN_PRODUCER_ID",
    90: "PRODUCER_FENCED",
  },
  stored: { 46: "DUPLICATE_SEQUENCE_NUMBER" },
};

const byCode = new Map<number, { readonly kind: CodeClass; readonly name: string }>(
  (Object.keys(classes) as CodeClass[]).flatMap((kind) =>
    Object.entries(classes[kind]).map(([code, name]) => [Number(code), { kind, name }] as const),
  ),
);

/** With these the records may be stored although the answer says that something failed. */
const perhapsStored = new Set([-1, 7, 13, 20]);

/** What a code means; one that is not known is tried again, as nothing must be lost. */
export function classOf(code: number): CodeClass {
  return byCode.get(code)?.kind ?? "retry";
}

/** A code for people: its number and name. */
export function describeCode(code: number): string {
  return `${byCode.get(code)?.name ?? "an error that is not known here"} (${code})`;
}

/** Whether the records may have been stored although an attempt ended with this code. */
export function mayBeStored(code: number): boolean {
  return perhapsStored.has(code) || (!byCode.has(code) && code !== 0);
}

/** Too large to be stored as one batch. */
export function isTooLarge(code: number): boolean {
  return code === 10 || code === 18;
}

/** The topic does not exist, as far as that broker knows. */
export const unknownTopic = 3;
/** The partition has no leader at this moment. */
export const leaderNotAvailable = 5;

const hints: Readonly<Record<number, string>> = {
  3: "create the topic, or mend its name in the settings",
  10: "raise max.message.bytes of the topic, or log less in one record",
  21: "acks must be all, leader or none",
  29: "grant the user WRITE and DESCRIBE on the topic",
  31: "grant the user IDEMPOTENT_WRITE on the cluster, or set idempotent: false",
  33: "set another sasl.mechanism",
  54: "the listener takes no SASL",
  58: "check sasl.username and sasl.password",
};

/** What a person can do about a code; undefined where waiting is all. */
export function remedyFor(code: number): string | undefined {
  return hints[code];
}
