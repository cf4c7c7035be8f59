import { parseIp } from "../../../schemas/model/ip.ts";

/**
 * The client by x-forwarded-for, as Envoy finds it with `xff_num_trusted_hops`: the asking proxy wrote the last address, each trusted one in
 * front of it the one before, and the outermost of these is the client's. Undefined where there are fewer, or it is no address.
 */
export function clientAddress(forwardedFor: string | undefined, trustedHops: number): string | undefined {
  if (forwardedFor === undefined) return undefined;
  const parts = forwardedFor.split(",");
  const text = parts[parts.length - 1 - trustedHops]?.trim();
  return text === undefined ? undefined : (parseIp(text) ?? parseIp(withoutPort(text)));
}

/** Some proxies write `ip:port` or `[ip]:port`. */
function withoutPort(text: string): string {
  const end = text.startsWith("[") ? text.indexOf("]") : text.indexOf(":");
  return text.startsWith("[") ? text.slice(1, end) : text.slice(0, end);
}
