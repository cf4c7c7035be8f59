import type { Identifier } from "../../../schemas/model/access-log.ts";
import type { Receipt } from "../../../schemas/model/receipt.ts";
import type { ProxyStream, ProxyTable } from "../proxies.ts";

/** Keeps the row of the proxy a stream belongs to, which the stream may name anew. */
export function createSighting(proxies: ProxyTable) {
  let identifier: Identifier | undefined;
  let row: ProxyStream | undefined;
  let over = false;
  return {
    /** A message arrived under this identifier. */
    message(current: Identifier): void {
      if (current !== identifier && !over) {
        row?.close();
        row = proxies.open(current);
        identifier = current;
      }
      row?.message();
    },
    /** Part of a message was taken. */
    taken(receipt: Receipt): void {
      row?.taken(receipt);
    },
    /** The stream is over; messages that come late still count. */
    close(): void {
      if (!over) row?.close();
      over = true;
    },
  };
}
