import { errorText } from "../../schemas/model/error-text.ts";
import type { Delivery, Host } from "../adapter.ts";
import { openOtlpClient } from "../shared/otlp/client.ts";
import { type MadeSpans, openMadeSpans } from "../shared/otlp/made-spans.ts";
import { concat, toItems } from "../shared/otlp/relayed.ts";
import { type OtlpConfig, toOtlpSettings } from "./config.ts";
import type { Load } from "./load.ts";
import { Outcome } from "./outcome.ts";

/** One endpoint. */
export interface Backend {
  /** Sends loads, and says what became of them by their place: in one request what is bytes, in another what goes through the SDK. */
  send(loads: readonly Load[], abort: AbortSignal): Promise<Delivery>;
  close(): void;
}

/** Opens the ways to one endpoint. */
export async function openBackend(config: OtlpConfig, endpoint: string, host: Host): Promise<Backend> {
  const settings = toOtlpSettings(config, endpoint);
  const client = await openOtlpClient(settings, host);
  /** Most handlers only relay: what is sent of spans made by rules is loaded with the first. */
  let made: Promise<MadeSpans> | undefined;
  const openMade = (): Promise<MadeSpans> => {
    const { log, instances, timeoutMs } = host;
    made ??= openMadeSpans(settings, { log, instances, timeoutMs, resource: config.resource });
    return made;
  };

  const sendBytes = async (parts: readonly Bytes[], abort: AbortSignal): Promise<Delivery> => {
    const sizes = parts.map(({ spans }) => spans);
    const items = sizes.reduce((sum, size) => sum + size, 0);
    const body = concat(parts.map(({ bytes }) => bytes));
    return toItems(await client.export({ telemetry: "traces", body, items, abort }), sizes);
  };
  const sendMade = async (parts: readonly Made[], abort: AbortSignal): Promise<Delivery> => {
    const spans = parts.map((part) => part.made);
    try {
      return await (await openMade()).export(spans, abort);
    } catch (error) {
      // Files of its TLS settings may have gone since the start, and come again.
      made = undefined;
      return { status: "retry", reason: errorText(error) };
    }
  };

  return {
    async send(loads, abort) {
      const outcome = new Outcome(loads.length);
      const take = async <L extends Load>(
        isMeant: (load: Load) => load is L,
        send: (parts: readonly L[], abort: AbortSignal) => Promise<Delivery>,
      ) => {
        const places = loads.flatMap((load, place) => (isMeant(load) ? [place] : []));
        if (places.length === 0) return;
        const again = outcome.take(await send(loads.filter(isMeant), abort), places);
        for (const place of again) outcome.note(places[place]!, "retry");
      };
      await Promise.all([take(isBytes, sendBytes), take(isMade, sendMade)]);
      return outcome.toDelivery();
    },
    close() {
      client.close();
      made?.then((open) => open.close()).catch(() => {});
    },
  };
}

type Bytes = Extract<Load, { readonly bytes: Uint8Array }>;
type Made = Exclude<Load, Bytes>;
const isBytes = (load: Load): load is Bytes => "bytes" in load;
const isMade = (load: Load): load is Made => "made" in load;
