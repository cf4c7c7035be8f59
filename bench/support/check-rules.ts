const paths = ["admin", "internal", "debug", "metrics", "private"];

/** Ten rules, of which the last allows. */
export const tenRules = [
  ...paths.map((path) => ({
    name: path,
    match: `request.url_path.startsWith("/${path}") && request.headers["x-role"] != "admin"`,
    deny: {},
  })),
  { name: "methods", match: 'request.method == "TRACE"', deny: { status: 405 } },
  { name: "agents", match: 'request.useragent.startsWith("bad")', deny: {} },
  { name: "hosts", match: '!(request.host in ["shop.example", "api.example"])', deny: { status: 404 } },
  { name: "networks", match: 'source.ip == ip("192.0.2.66")', deny: {} },
  { name: "rest", allow: true, headers: { upstream: { set: { "x-authz": "ok" } } } },
];

/** The same in Rego, for a server that asks `data.envoy.authz.allow`. */
export const tenRulesInRego = `package envoy.authz

http := input.attributes.request.http
default allow := false

${paths.map((path) => `denied if { startswith(http.path, "/${path}"); http.headers["x-role"] != "admin" }`).join("\n")}
denied if http.method == "TRACE"
denied if startswith(http.headers["user-agent"], "bad")
denied if not http.host in {"shop.example", "api.example"}
denied if input.attributes.source.address.socketAddress.address == "192.0.2.66"
allow if not denied
`;
