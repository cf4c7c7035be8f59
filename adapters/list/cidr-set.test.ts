import fc from "fast-check";
import { expect, it } from "vitest";
import { type Cidr, toNumber, widthOf } from "../../schemas/model/cidr.ts";
import { parseIp } from "../../schemas/model/ip.ts";
import { createCidrSet } from "./cidr-set.ts";

/** Addresses that are close to one another, so that blocks hold some and not others. */
const address = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 11), fc.nat(3), fc.nat(1), fc.nat(7)).map((parts) => parts.join(".")),
  fc
    .tuple(fc.constantFrom(0, 0x2001, 0xffff), fc.nat(3), fc.nat(0xffff))
    .map(([a, b, c]) => parseIp(`${a.toString(16)}:${b}::${c.toString(16)}`) as string),
);

const block = fc.tuple(address, fc.nat(128)).map(([ip, length]): Cidr => {
  const bits = widthOf(ip);
  const fitting = length % (bits + 1);
  return { bits, length: fitting, prefix: toNumber(ip) >> BigInt(bits - fitting) };
});

it("holds what any of its blocks holds, in whatever order they came", () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 20 }), fc.array(address, { minLength: 10 }), (blocks, addresses) => {
      const set = createCidrSet();
      for (const each of blocks) set.add(each);
      for (const ip of addresses) {
        const number = toNumber(ip);
        const within = ({ bits, length, prefix }: Cidr) =>
          bits === widthOf(ip) && number >> BigInt(bits - length) === prefix;
        expect(set.has(ip)).toBe(blocks.some(within));
      }
    }),
  );
});
