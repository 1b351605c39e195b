// A user's program: turns two calls into the steps of a policy, and shows them as the title of the page or on the output.
//
// It knows no bundler: each of them builds this very text.
import { Exchange, Policy } from "mcp-policy";

const policy = Policy.parse('{ "version": "1", "default": "deny", "tools": { "run": {} } }');

/** The step after a call. */
export function judged(name) {
  const exchange = new Exchange(policy);
  exchange.begin([":method", "POST", "content-type", "application/json"], false, {}, Date.now());
  const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } });
  const bytes = new TextEncoder().encode(call);
  return exchange.feed({ type: "body", bytes, endOfStream: true }, Date.now()).next;
}

const told = () => JSON.stringify(["run", "drop"].map(judged));

if (globalThis.document) document.title = told();
else if (globalThis.process?.versions?.node) console.log(told());

// As a Cloudflare Worker.
export default { fetch: () => new Response(told()) };
