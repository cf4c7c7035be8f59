import { classOf, describeCode, remedyFor } from "./error-codes.ts";

/** Why a connection failed, as far as it matters. */
export interface Failure {
  readonly reason: string;
  /** A person must mend something; trying again alone does not help. */
  readonly mend: boolean;
}

/** Reads an error of kafkajs, of a socket or of TLS. */
export function toFailure(error: unknown): Failure {
  if (error instanceof AggregateError) {
    const failures = error.errors.map(toFailure);
    const reason = [...new Set(failures.map((failure) => failure.reason))].join("; ");
    return { reason, mend: failures.every((failure) => failure.mend) };
  }
  return { reason: describeFailure(error), mend: needsMending(error) };
}

/** An error in one line for people. */
export function describeFailure(error: unknown): string {
  const { message = String(error), broker, code, name = "" } = fieldsOf(error);
  const text = message.replace(/^Connection error: /, "").replaceAll(/\s+/g, " ");
  const about = broker === undefined || text.includes(broker) ? text : `${broker}: ${text}`;
  const known = typeof code === "number" && classOf(code) !== "retry" ? `: ${describeCode(code)}` : "";
  const remedy = typeof code === "number" ? remedyFor(code) : remedies[name];
  return `${about}${known}${remedy === undefined ? "" : `; ${remedy}`}`;
}

/** By the name of kafkajs' error. Brokers end connections without a word that want TLS or a user. */
const remedies: Readonly<Record<string, string>> = {
  KafkaJSSASLAuthenticationError: "check sasl.username and sasl.password",
  KafkaJSConnectionClosedError: "if this does not pass, check sasl and tls",
};

function needsMending(error: unknown): boolean {
  const { name = "", code, message = "" } = fieldsOf(error);
  if (typeof code === "number") return classOf(code) === "mend";
  return name === "KafkaJSSASLAuthenticationError" || tlsFault.test(`${code} ${message}`);
}

/** What is said of files and certificates that do not do, and of a peer that speaks no TLS or another one. */
const tlsFault = /tls\.\w+:|CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|certificate|before secure TLS/;

interface Fields {
  readonly name?: string;
  readonly message?: string;
  readonly broker?: string;
  readonly code?: number | string;
}

function fieldsOf(error: unknown): Fields {
  return typeof error === "object" && error !== null ? (error as Fields) : {};
}
