/** A socket address in parts. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** The parts of "host:port", with IPv6 hosts in brackets. Throws a RangeError that says what was expected. */
export function parseAddress(address: string): HostPort {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  if (host === undefined || host === "" || port > 65_535) {
    throw new RangeError(
      `"${address}" is not an address: expected host:port with a port from 0 to 65535, and IPv6 hosts in brackets`,
    );
  }
  return { host, port };
}

/** "host:port" of a bound socket, IPv6 hosts in brackets. */
export function formatAddress({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
