import { describe, expect, it } from "vitest";
import { evaluate } from "../expr.fixture.ts";

describe("addresses", () => {
  const given = { "source.ip": "10.1.2.3", "destination.ip": "2001:db8::1", "origin.ip": "10.1.2.3" };

  it.each([
    ['source.ip == ip("10.1.2.3")', true],
    ['source.ip == ip("::ffff:10.1.2.3")', true],
    ['source.ip != ip("::ffff:a01:203")', false],
    ["source.ip == origin.ip", true],
    ["source.ip == destination.ip", false],
    ['cidr("10.0.0.0/8").contains(source.ip)', true],
    ['cidr("10.9.9.9/8").contains(source.ip)', true],
    ['cidr("::ffff:10.0.0.0/104").contains(source.ip)', true],
    ['cidr("0.0.0.0/0").contains(source.ip)', true],
    ['cidr("10.1.2.3").contains(source.ip)', true],
    ['cidr("10.1.2.4/32").contains(source.ip)', false],
    ['cidr("10.1.2.2/31").contains(source.ip)', true],
    ['cidr("0.0.0.0/0").contains(destination.ip)', false],
    ['cidr("2001:db8::/32").contains(destination.ip)', true],
    ['cidr("2001:db9::/32").contains(destination.ip)', false],
    ['cidr("::/0").contains(destination.ip)', true],
    ['cidr("::/0").contains(source.ip)', false],
    ['cidr("2001:db8::1").contains("2001:0DB8:0::0001")', true],
    ['cidr("10.0.0.0/8").contains("10.200.1.1")', true],
    ["string(source.ip) + string(destination.ip)", "10.1.2.32001:db8::1"],
    ['string(ip("2001:0db8:0:0::1"))', "2001:db8::1"],
    ["type(source.ip) == type(origin.ip)", true],
    ["[source.ip] == [origin.ip]", true],
    ['cidr("10.0.0.0/8") == cidr("10.1.0.0/8")', true],
  ])("%s is %j", (text, expected) => expect(evaluate(text, given)).toBe(expected));

  it("that come as text can be wrong at run time", () => {
    expect(evaluate("ip(request.host)", { "request.host": "shop" })).toBe('fault: "shop" is no IP address');
    expect(evaluate("cidr(request.host)", { "request.host": "10.0.0.0/99" })).toMatch(/^fault: .*is no block/);
    expect(evaluate('cidr("10.0.0.0/8").contains(request.host)', { "request.host": "x" })).toMatch(/^fault/);
  });
});

describe("patterns", () => {
  const path = "/api/v1/items";

  it.each([
    ["request.path.glob('/api/*/items')", true],
    ["request.path.glob('/api/*')", false],
    ["request.path.glob('/api/**')", true],
    ["request.path.glob('**/items')", true],
    ["request.path.glob('/api/v?/items')", true],
    ["request.path.glob('/api/v?/*s')", true],
    ["request.path.glob('/*/*/*')", true],
    ["request.path.glob('/*/*')", false],
    ["request.path.glob('/api/v1/items')", true],
    ["request.path.glob('')", false],
    ["'a*b'.glob('a\\\\*b')", true],
    ["'axb'.glob('a\\\\*b')", false],
    ["'aa'.glob('a*a')", true],
    ["'a'.glob('a*a')", false],
    ["'x.example.com'.glob('*.example.com')", true],
    ["request.path.glob(request.method)", true],
    ["match(request.path, '/api*')", true],
    ["match(request.path, '*items')", true],
    ["match(request.path, 'items')", false],
    ["match('ab', '*b*')", false],
    ["request.path.matches('^/api/v[0-9]+/')", true],
    ["request.path.matches('items$')", true],
    ["request.path.matches('^items')", false],
    ["matches(request.path, 'v1')", true],
    ["'a\\nb'.matches('a.b')", false],
    ["'a\\nb'.matches('(?s)a.b')", true],
    ["'.'.matches('[.]') && !'x'.matches('[.]')", true],
  ])("%s is %j", (text, expected) => {
    expect(evaluate(text, { "request.path": path, "request.method": "/api/**" })).toBe(expected);
  });

  it("that come with the data can be wrong at run time", () => {
    const run = (pattern: string) =>
      evaluate("request.path.matches(request.method)", { "request.path": path, "request.method": pattern });
    expect(run("(")).toMatch(/^fault: bad pattern/);
    expect(run("x".repeat(2000))).toMatch(/^fault: a pattern may have at most 1024/);
    for (let i = 0; i < 100; i++) expect(run(`v${i}`)).toBe(i === 1);
  });

  it("take time that grows with the text only", () => {
    const text = "x".repeat(200_000);
    expect(evaluate("request.path.matches('(x+x+)+y')", { "request.path": text })).toBe(false);
    expect(evaluate("request.path.glob('*x*x*x*x*x*x*y')", { "request.path": text })).toBe(false);
    expect(evaluate("request.path.glob('**x**x**x**x*x?x*y')", { "request.path": text })).toBe(false);
  });
});

describe("texts", () => {
  it.each([
    ["size('a😀b')", 3],
    ["'a😀b'.charAt(1)", "😀"],
    ["'a😀b'.substring(1, 2)", "😀"],
    ["'a😀b'.indexOf('b')", 2],
    ["'a😀b😀'.lastIndexOf('😀')", 3],
    ["'a😀b'.reverse()", "b😀a"],
    ["'a😀b'.split('')", ["a", "😀", "b"]],
    ["'a,b,c'.split(',', 2)", ["a", "b,c"]],
    ["'abc'.replace('', '-')", "-a-b-c-"],
    ["'aaa'.replace('a', 'b', 2)", "bba"],
    ["'aaa'.replace('a', '$&')", "$&$&$&"],
    ["'ÄbC'.lowerAscii()", "Äbc"],
    ["toLower('ÄbC')", "äbc"],
    ["['a', 'b'].join('-')", "a-b"],
    ["dyn(['a', 1]).join('-')", "fault: join() takes a list of texts"],
    ["'\\uffff' < '😀'", true],
    ["'a' < 'b' && 'a' < 'aa'", true],
    ["string(b'\\xff')", "fault: the bytes are not valid UTF-8"],
    ["string(b'\\xef\\xbb\\xbfx')", "\ufeffx"],
    ["base64.decode('!')", "fault: the text is not base64"],
    ["emptyStringMap().size()", 0],
  ])("%s is %j", (text, expected) => expect(evaluate(text)).toEqual(expected));

  it("never grow beyond the limit", () => {
    const given = { "request.path": "x".repeat(600_000) };
    for (const text of [
      "request.path + request.path",
      "request.path.replace('x', 'yy')",
      "[request.path, request.path].join('')",
    ]) {
      expect(evaluate(text, given)).toMatch(/^fault: the text would be longer than/);
    }
    expect(evaluate("request.path.split('')", given)).toMatch(/^fault: the list would be longer than/);
  });
});

describe("times and durations", () => {
  const given = { "request.time": { seconds: 1_767_366_245, nanos: 500_000_000 }, "response.duration": 1_234_567_890 };

  it.each([
    ["string(request.time)", "2026-01-02T15:04:05.5Z"],
    ["request.time == timestamp('2026-01-02T16:04:05.5+01:00')", true],
    ["request.time < timestamp('2026-01-02T15:04:05.6Z')", true],
    ["request.time - timestamp('2026-01-02T15:04:04Z')", 1_500_000_000],
    ["string(request.time - duration('1h0.5s'))", "2026-01-02T14:04:05Z"],
    ["request.time.getHours('America/New_York')", 10],
    ["request.time.getHours('+05:30')", 20],
    ["request.time.getHours(request.host)", "absent: request.host is absent"],
    ["timestamp('2024-12-31T00:00:00Z').getDayOfYear()", 365],
    ["timestamp('0001-01-01T00:00:00Z').getDayOfYear()", 0],
    ["string(response.duration)", "1.23456789s"],
    ["string(-response.duration)", "problem"],
    ["string(duration('0s') - response.duration)", "-1.23456789s"],
    ["string(duration('5ms'))", "0.005s"],
    ["response.duration.getSeconds()", 1],
    ["response.duration.getMilliseconds()", 234],
    ["response.duration > duration('1.2s') && response.duration < duration('2s')", true],
    ["timestamp('9999-12-31T23:59:59Z') + duration('1s')", "fault: the time is out of range: years 0001 to 9999"],
    ["timestamp(253402300800)", "fault: the time is out of range: years 0001 to 9999"],
    ["int(request.time)", 1_767_366_245],
  ])("%s is %j", (text, expected) => {
    if (expected === "problem") expect(() => evaluate(text, given)).toThrow("no - for DURATION");
    else expect(evaluate(text, given)).toEqual(expected);
  });
});

describe("conversions of texts that come with the data", () => {
  it.each([
    ["int(request.path)", "12", 12],
    ["int(request.path)", "+12", 12],
    ["int(request.path)", "9223372036854775808", 'fault: "9223372036854775808" is not a 64-bit integer'],
    ["int(request.path)", "1.5", 'fault: "1.5" is not a 64-bit integer'],
    ["double(request.path)", "1e3", 1000],
    ["double(request.path)", "0x10", 'fault: "0x10" is not a number'],
    ["double(request.path)", "", 'fault: "" is not a number'],
    ["double(request.path)", "-inf", -Infinity],
    ["bool(request.path)", "t", true],
    ["bool(request.path)", "yes", 'fault: "yes" is not a truth value'],
    ["duration(request.path)", "1h1m", 3_660_000_000_000],
    ["duration(request.path)", "1x", expect.stringMatching(/^fault: "1x" is no duration/)],
    ["timestamp(request.path)", "1970-01-01T00:00:01Z", { seconds: 1, nanos: 0 }],
    ["int(double(request.path))", "1e30", "fault: the number is out of range of the type"],
    ["int(request.path)", "x".repeat(100), expect.stringMatching(/^fault: "x{40}\.\.\." is not/)],
  ])("%s of %j", (text, path, expected) => expect(evaluate(text, { "request.path": path })).toEqual(expected));
});
