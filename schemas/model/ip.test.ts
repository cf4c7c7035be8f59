import { isIP, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIp } from "./ip.ts";

describe("parseIp", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8::0001", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["1::", "1::"],
    ["::ffff:192.0.2.128", "192.0.2.128"],
    ["::FFFF:c000:0280", "192.0.2.128"],
    ["0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
    ["fe80::1%eth0", "fe80::1"],
  ])("%s is %s", (text, canonical) => expect(parseIp(text)).toBe(canonical));

  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    " 1.2.3.4",
    "1.2.3.4%eth0",
    ":::",
    ":",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "::12345",
    "::g",
    "1.2.3.4::",
    "fe80::1%",
    "[::1]",
    "localhost",
    "unix:///x",
  ])("%j is none", (text) => expect(parseIp(text)).toBeUndefined());

  it("agrees with the runtime on what an address is", () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(..."0123456789abcfF:.:.%"), maxLength: 46 }),
    );
    fc.assert(
      fc.property(text, (t) => {
        // With zones the runtime takes other text than we do.
        if (!t.includes("%")) expect(parseIp(t) !== undefined).toBe(isIP(t) !== 0);
      }),
      { numRuns: 3000 },
    );
  });

  it("gives what URLs make of IPv6, and is stable", () => {
    fc.assert(
      fc.property(fc.ipV6(), (t) => {
        const canonical = parseIp(t) ?? "";
        expect(parseIp(canonical)).toBe(canonical);
        if (isIPv6(canonical)) expect(`[${canonical}]`).toBe(new URL(`http://[${t}]/`).hostname);
        else expect(isIPv4(canonical)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
