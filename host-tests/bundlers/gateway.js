// A user's program: a handler of the Fetch API behind a policy, which asks an MCP server at the address in `env.UPSTREAM`.
//
// It knows no runtime: Bun, Deno and Workers serve this very text.
import { Policy } from "mcp-policy";
import { createFetchHandler } from "mcp-policy/fetch";
import { memoryCounters } from "mcp-policy/memory";

const policyOf = (document) => Policy.parse(JSON.stringify({ version: "1", default: "deny", ...document }));
const policy = policyOf({ tools: { run: { rate_limit: "2/hour" }, watch: {} }, host: { max_request_bytes: 4096 } });
const addressed = policyOf({ servers: { public: { match: { host: "public.example", path: "/public" } } }, tools: { run: {} } });

/** The request at the server, with the bytes and header fields that the policy has judged, and the URL that a router reads. */
async function forwarded(request, env, url) {
  const headers = new Headers(request.headers);
  headers.delete("host");
  headers.set("x-url", url);
  const body = request.method === "POST" ? await request.arrayBuffer() : undefined;
  return fetch(env.UPSTREAM, { method: request.method, headers, body, redirect: "manual", signal: request.signal });
}

const counters = memoryCounters(policy);
const settings = { log: () => {} };
const handlers = {
  "/mcp": createFetchHandler(policy, forwarded, { counters, ...settings }),
  "/same": createFetchHandler(policy, forwarded, { counters, ...settings }),
  "/public": createFetchHandler(addressed, forwarded, settings),
};

export default { fetch: (request, env) => handlers[new URL(request.url).pathname](request, env, request.url) };
