import { describe, expect, it } from "vitest";
import { parseForwardedClientCert } from "./xfcc.ts";

const read = (header: string) => {
  const element = parseForwardedClientCert(header);
  return element && Object.fromEntries(element);
};

describe("x-forwarded-client-cert", () => {
  it.each<[string, string, Record<string, string[]>]>([
    [
      "one element",
      "By=spiffe://a;Hash=ab12;URI=spiffe://b",
      { by: ["spiffe://a"], hash: ["ab12"], uri: ["spiffe://b"] },
    ],
    ["the last of several", "URI=spiffe://a,Hash=1;URI=spiffe://b", { hash: ["1"], uri: ["spiffe://b"] }],
    ["an empty subject", 'By=x;Subject="";URI=spiffe://b', { by: ["x"], subject: [""], uri: ["spiffe://b"] }],
    ["separators in quotes", 'Subject="CN=a,O=\\"b\\";c";URI=u', { subject: ['CN=a,O="b";c'], uri: ["u"] }],
    [
      "a quoted comma that looks like another element",
      'Subject="x,URI=spiffe://evil";URI=spiffe://good',
      { subject: ["x,URI=spiffe://evil"], uri: ["spiffe://good"] },
    ],
    ["an escaped backslash", 'Subject="a\\\\";URI=u', { subject: ["a\\"], uri: ["u"] }],
    ["repeated keys", "DNS=a;DNS=b", { dns: ["a", "b"] }],
    ["keys of any case", "uri=u", { uri: ["u"] }],
    ["spaces between", "URI=a, URI=b ; Hash=1", { uri: ["b"], hash: ["1"] }],
    ["an empty value", "URI=;Hash=1", { uri: [""], hash: ["1"] }],
    ["an equals sign in a plain value", "Hash=1=;URI=u", { hash: ["1="], uri: ["u"] }],
  ])("reads %s", (_, header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it.each([
    "",
    "   ",
    '[{"URI":"spiffe://a"}]',
    '{"URI":"spiffe://a"}',
    " {",
    "URI",
    "URI=a;",
    "URI=a,",
    ",URI=a",
    ";URI=a",
    "=a",
    'Subject="never ends',
    'Subject="ends in \\',
    'Subject="a"b;URI=u',
    'URI=a"b',
    'a"=b',
    "URI=a,,URI=b",
    "x,URI=b",
  ])("refuses %s", (header) => {
    expect(read(header)).toBeUndefined();
  });
});
