// One gateway of a fleet: makes calls, many at a time, and prints how many passed.
//
// Usage: redis-gateway.js client port calls at-a-time
import { Exchange } from "mcp-policy";
import { redisCounters } from "mcp-policy/redis";
import { CLIENTS } from "./redis-server.js";
import { call, HEADERS, NOW, policy } from "./support.js";

const [kind, port, calls, together] = process.argv.slice(2);
const { client, end } = await CLIENTS[/** @type {keyof typeof CLIENTS} */ (kind)](Number(port));
const limited = policy({ version: "1", default: "deny", tools: { run: { rate_limit: "100/day" } } });
const counters = await redisCounters(limited, client, { timeout: 20_000 });
let left = Number(calls);
let passed = 0;

async function lane() {
  while (left-- > 0) {
    const exchange = new Exchange(limited);
    exchange.begin(HEADERS, false, { seed: counters.seed }, NOW);
    const step = exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW);
    if ((await counters.resolve(exchange, step, NOW)).next === "forward") passed++;
  }
}

await Promise.all(Array.from({ length: Number(together) }, lane));
console.log(passed);
end();
