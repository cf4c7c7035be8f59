import { reporterClass } from "../dimensions.ts";
import type { ReporterChoice } from "./query.ts";

/** Who reported what, as far as counting goes. */
export interface Reported {
  /** One of `reporterClass`. */
  readonly reporter: number;
  /** The destination service, for entries of clients that reached it. */
  readonly service: string;
}

/**
 * Whether an entry counts. `auto` takes the server's entry; the client's where the request never reached a server, and
 * for services of which no server reports; and entries that do not say who reports.
 */
export function isCounted(
  { reporter, service }: Reported,
  choice: ReporterChoice,
  inbound: ReadonlySet<string>,
): boolean {
  if (choice === "inbound") return reporter === reporterClass.inbound;
  if (choice === "outbound") return reporter === reporterClass.reached || reporter === reporterClass.unreached;
  return reporter !== reporterClass.reached || !inbound.has(service);
}
