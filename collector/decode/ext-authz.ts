import type { CheckListener, ProxiedCheck } from "../../schemas/model/check-request.ts";
import { type IpCache, parseIpBytes } from "./access-log/address.ts";
import { ByteCache } from "./byte-cache.ts";
import { DecodeError } from "./decode-error.ts";
import { type CheckCaches, TapedCheck } from "./ext-authz/check.ts";
import { checkRequest, places } from "./ext-authz/shapes.ts";
import { decodeText, ProtoReader } from "./reader.ts";
import { walk } from "./shape.ts";

/** Decodes envoy.service.auth.v3.CheckRequest. */
export interface CheckDecoder {
  /** One pass over the message; throws a DecodeError if it is malformed. What comes of it reads from the same bytes. */
  decode(message: Uint8Array, listener: CheckListener): ProxiedCheck;
  /** Takes a request back that nobody reads any more; saying so is not needed, but cheaper. */
  done(check: ProxiedCheck): void;
}

/** Makes a decoder, whose memory of repeating text is bounded. */
export function createCheckDecoder(): CheckDecoder {
  const reader = new ProtoReader();
  const ips: IpCache = new ByteCache({ entries: 2048, maxBytes: 48 }, parseIpBytes);
  const texts = new ByteCache({ entries: 4096, maxBytes: 128 }, decodeText);
  const caches: CheckCaches = { texts, ips, reader, toText: (bytes, start, end) => texts.get(bytes, start, end) };
  let spare: Int32Array | undefined;
  return {
    decode(message, listener) {
      const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
      const tape = spare?.fill(0) ?? new Int32Array(places * 2);
      spare = undefined;
      const fault = walk(reader, bytes, 0, bytes.length, checkRequest, tape);
      if (fault !== undefined) throw new DecodeError(fault, "CheckRequest");
      return new TapedCheck(bytes, tape, caches, listener);
    },
    done(check) {
      if (check instanceof TapedCheck) spare = check.tape;
    },
  };
}
