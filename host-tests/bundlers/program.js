// A user's program: turns two calls into the steps of a policy, and shows them as the title of the page or on the output.
//
// It knows no bundler: each of them builds this very text.
import { Exchange, Policy, Store } from "mcp-policy";
import { redisCounters } from "mcp-policy/redis";
import { governTransport } from "mcp-policy/sdk";

const policy = Policy.parse('{ "version": "1", "default": "deny", "tools": { "run": {} } }');

/** The step after a call. */
export function judged(name) {
  const exchange = new Exchange(policy);
  exchange.begin([":method", "POST", "content-type", "application/json"], false, {}, Date.now());
  const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } });
  const bytes = new TextEncoder().encode(call);
  return exchange.feed({ type: "body", bytes, endOfStream: true }, Date.now()).next;
}

/** The messages that reach the server of a governed transport. The other entries take a policy of the first one. */
export async function passed(name) {
  const sent = [];
  const transport = { start: async () => {}, send: async (message) => void sent.push(message.params.name), close: async () => {} };
  const counters = new Store(policy, { read: () => undefined, compareAndSwap: () => true });
  const governed = governTransport(transport, policy, { side: "client", counters, log: () => {} });
  await governed.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } });
  return [...sent, typeof redisCounters];
}

async function told() {
  return JSON.stringify([...["run", "drop"].map(judged), ...(await passed("run")), ...(await passed("drop"))]);
}

const show = (text) => {
  if (globalThis.document) document.title = text;
  else if (globalThis.process?.versions?.node) console.log(text);
};
// A Worker has no random numbers while its script loads.
if (globalThis.document || globalThis.process?.versions?.node) told().then(show);

// As a Cloudflare Worker.
export default { fetch: async () => new Response(await told()) };
