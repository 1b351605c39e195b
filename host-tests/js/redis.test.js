// A Redis that counts for a fleet, and one that fails: nothing passes uncounted.
//
// Times are set, but for those of Redis itself.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { Exchange, Policy } from "mcp-policy";
import { redisCounters } from "mcp-policy/redis";
import { CLIENTS, started } from "./redis-server.js";
import { callOf, json, LIMITED as ADDS, post, reasonOf, RESULT, serving } from "./servers.js";
import { call, decision, HEADERS, NOW, policy, reason } from "./support.js";

/** @typedef {import("mcp-policy/redis").RedisCounters} RedisCounters */

const LIMITED = policy({ version: "1", default: "deny", tools: { run: { rate_limit: "2/hour" } } });
const HOUR = 3_600_000;
/** Longer than a busy machine takes. */
const LONG = { timeout: 20_000 };

/** @type {Awaited<ReturnType<typeof started>>} */
let server;
/** @type {Awaited<ReturnType<typeof CLIENTS.ioredis>>} */
let connection;

before(async () => {
  server = await started();
  connection = await CLIENTS.ioredis(server.port);
});
beforeEach(() => connection.client.flushall());
after(async () => {
  connection.end();
  await server.end();
});

/** One call, counted in Redis. @param {RedisCounters} counters @param {Policy} [of] @param {number} [now] */
async function called(counters, of = LIMITED, now = NOW, context = {}, name = "run") {
  const exchange = new Exchange(of);
  exchange.begin(HEADERS, false, { seed: counters.seed, ...context }, now);
  const step = exchange.feed({ type: "body", bytes: call(name), endOfStream: true }, now);
  const verdict = await counters.resolve(exchange, step, now);
  return { exchange, verdict, passes: verdict.next === "forward" };
}

/** The reason of a refused call. @param {RedisCounters} counters @param {Policy} [of] @param {number} [now] */
const refusal = async (counters, of, now) => reason((await called(counters, of, now)).verdict);

/** Which of so many calls pass. @param {RedisCounters} counters @param {number} number */
async function passing(counters, number, of = LIMITED, now = NOW) {
  const passed = [];
  for (let index = 0; index < number; index++) passed.push((await called(counters, of, now)).passes);
  return passed;
}

for (const kind of /** @type {(keyof typeof CLIENTS)[]} */ (["redis", "ioredis"])) {
  test(`two gateways with ${kind} admit exactly as many calls as the limit`, async () => {
    const gateway = () => promisify(execFile)(process.execPath, ["redis-gateway.js", kind, String(server.port), "100", "64"]);
    const [one, other] = await Promise.all([gateway(), gateway()]);
    assert.equal(Number(one.stdout) + Number(other.stdout), 100, `${one.stdout} and ${other.stdout}`);
  });

  test(`call is refused while the Redis of ${kind} is away, and after it came back empty`, async () => {
    const own = await started();
    const { client, end } = await CLIENTS[kind](own.port);
    const counters = await redisCounters(LIMITED, client, LONG);
    assert.deepEqual(await passing(counters, 1), [true]);
    await own.end();
    assert.equal(await refusal(counters), "unavailable");
    const next = await started(own.port);
    while (!("isReady" in client ? client.isReady : client.status === "ready")) await setTimeout(5);
    assert.equal(await refusal(counters), "unavailable", "the counts are lost");
    assert.deepEqual(await passing(await redisCounters(LIMITED, client, LONG), 3), [true, true, false], "started anew");
    end();
    await next.end();
  });

  test(`call is refused where the Redis of ${kind} does not answer in time, and its late charge is taken back`, async () => {
    const own = await started();
    const { client, end } = await CLIENTS[kind](own.port);
    const patient = await redisCounters(LIMITED, client, LONG);
    const counters = await redisCounters(LIMITED, client, { timeout: 50 });
    assert.deepEqual(await passing(patient, 1), [true], "the script is known");
    own.pause();
    assert.deepEqual([await refusal(counters), await refusal(counters), await refusal(counters)], Array(3).fill("unavailable"));
    own.goOn();
    let admitted = 0;
    // The late answers come before those of later commands, and their charges are taken back soon after.
    for (let tries = 0; tries < 200 && admitted < 1; tries++) {
      admitted += Number((await called(patient)).passes);
      await setTimeout(10);
    }
    assert.equal(admitted, 1);
    assert.equal(await refusal(patient), "rate_limited");
    end();
    await own.end();
  });
}

test("two counters of one Redis have one seed and count together, and those of another namespace apart", async () => {
  const { client } = connection;
  const [one, other] = [await redisCounters(LIMITED, client, LONG), await redisCounters(LIMITED, client, LONG)];
  const apart = await redisCounters(LIMITED, client, { ...LONG, namespace: "apart" });
  assert.deepEqual(one.seed, other.seed);
  assert.equal(one.seed.length, 16);
  assert.notDeepEqual(one.seed, apart.seed);
  assert.deepEqual([await passing(one, 1), await passing(other, 2), await passing(apart, 3)], [[true], [true, false], [true, true, false]]);
  const named = policy({ version: "1", default: "deny", host: { namespace: "apart" } });
  assert.deepEqual((await redisCounters(named, client, { namespace: "other" })).seed, apart.seed, "the policy's name goes first");
});

test("two servers behind a middleware count together in one Redis", async () => {
  const options = async () => ({ counters: await redisCounters(policy(ADDS), connection.client, LONG), now: () => NOW });
  await serving(ADDS, json(RESULT), async ({ url }) => {
    await serving(ADDS, json(RESULT), async ({ url: other }) => {
      const reasons = [];
      for (const each of [url, other, url, other]) reasons.push(await reasonOf(await post(each, callOf("add"))));
      assert.deepEqual(reasons, [undefined, undefined, "rate_limited", "rate_limited"]);
    }, await options());
  }, await options());
});

test("script that Redis has forgotten is sent again", async () => {
  const counters = await redisCounters(LIMITED, connection.client, LONG);
  assert.deepEqual(await passing(counters, 1), [true]);
  await connection.client.script("FLUSH");
  assert.deepEqual(await passing(counters, 2), [true, false]);
});

test("count of another type refuses the call", async () => {
  const counters = await redisCounters(LIMITED, connection.client, LONG);
  await passing(counters, 1);
  const [key] = await counts();
  for (const spoil of [() => connection.client.set(String(key), "1"), () => connection.client.hset(String(key), String(NOW + HOUR), "1e3")]) {
    await connection.client.del(String(key));
    await spoil();
    assert.equal(await refusal(counters), "unavailable");
  }
  await connection.client.del(String(key));
  assert.deepEqual(await passing(counters, 3), [true, true, false], "a control");
});

/** The keys of counts. */
const counts = async () => (await connection.client.keys("*")).filter((key) => key.includes(":count:"));

test("charges of a call are all added or none", async () => {
  const both = policy({
    version: "1",
    default: "deny",
    tools: { run: { limits: [{ counter: "many", window: "day", max: 9, scope: "global" }, { counter: "one", window: "hour", max: 1, scope: "global" }] } },
  });
  const counters = await redisCounters(both, connection.client, LONG);
  assert.deepEqual(await passing(counters, 3, both), [true, false, false]);
  const all = await Promise.all((await counts()).map((key) => connection.client.hgetall(key)));
  assert.deepEqual(all.flatMap((count) => Object.values(count)), ["1000000", "1000000"]);
});

test("gateway whose clock is behind gets no second quota", async () => {
  const counters = await redisCounters(LIMITED, connection.client, LONG);
  const edge = NOW - (NOW % HOUR) + HOUR;
  assert.deepEqual(await passing(counters, 1, LIMITED, edge - 1), [true]);
  assert.deepEqual(await passing(counters, 1, LIMITED, edge + 5), [true], "a new hour by the clock of one gateway");
  assert.deepEqual(await passing(counters, 1, LIMITED, edge - 1), [false], "the old one by the clock of the other");
});

test("limit beyond what Redis counts exactly refuses a call at that count", async () => {
  const many = policy({ version: "1", default: "deny", tools: { run: { limits: [{ counter: "many", window: "day", max: 1_000_000_000_000, scope: "global" }] } } });
  const counters = await redisCounters(many, connection.client, LONG);
  assert.deepEqual(await passing(counters, 1, many), [true]);
  const [key] = await counts();
  const [ends] = await connection.client.hkeys(String(key));
  const most = 2n ** 53n - 1n;
  await connection.client.hset(String(key), String(ends), String(most - 1_000_000n));
  assert.deepEqual(await passing(counters, 1, many), [true]);
  assert.equal(await connection.client.hget(String(key), String(ends)), String(most));
  assert.equal(await refusal(counters, many), "unavailable");
});

test("flood of callers leaves keys that expire, and no name", async () => {
  const limits = [{ counter: "calls", window: "minute", max: 5, scope: "claim:sub" }, { counter: "last", window: "5m", algorithm: "sliding", max: 5, scope: "claim:sub" }];
  const callers = policy({ version: "1", default: "deny", tools: { run: { limits } } });
  const counters = await redisCounters(callers, connection.client, LONG);
  const name = (/** @type {number} */ index) => `caller-${index}@example.com`;
  for (let index = 0; index < 200; index++) {
    const verified = { claims: JSON.stringify({ sub: name(index) }) };
    assert.ok((await called(counters, callers, NOW, { verified })).passes);
  }
  const keys = await counts();
  assert.equal(keys.length, 400);
  for (const key of keys) {
    const left = await connection.client.pttl(key);
    assert.ok(left > 0 && left <= 6 * 60_000 + 10_000, `${key} is kept for ${left} ms`);
    const held = JSON.stringify([key, await connection.client.hgetall(key)]);
    assert.ok(!held.includes("caller-") && !held.includes("calls"), held);
  }
});

test("refunded call does not count, and a refund that fails keeps the count", async () => {
  const refunds = policy({ version: "1", default: "deny", tools: { run: { limits: [{ counter: "runs", window: "hour", max: 1, refund: "on_error" }] } } });
  const counters = await redisCounters(refunds, connection.client, LONG);
  const failed = async () => {
    const { exchange, passes } = await called(counters, refunds);
    if (passes) await counters.resolve(exchange, exchange.feed({ type: "delivery", delivery: "unsent" }, NOW), NOW);
    return passes;
  };
  assert.deepEqual([await failed(), await failed()], [true, true]);
  const { exchange } = await called(counters, refunds);
  const step = exchange.feed({ type: "delivery", delivery: "unsent" }, NOW);
  assert.ok(step.refund);
  const [key] = await counts();
  await connection.client.rename(String(key), "aside");
  await connection.client.set(String(key), "spoilt");
  assert.equal((await counters.resolve(exchange, step, NOW)).next, step.next, "nothing depends on it");
  await connection.client.rename("aside", String(key));
  assert.equal(await refusal(counters, refunds), "rate_limited");
});

test("Redis that removes keys for want of memory is refused", async () => {
  const { client } = connection;
  await client.config("SET", "maxmemory", "100mb");
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  await assert.rejects(redisCounters(LIMITED, client), /maxmemory-policy is allkeys-lru\): set it to noeviction/);
  await client.config("SET", "maxmemory-policy", "noeviction");
  const counters = await redisCounters(LIMITED, client, LONG);
  await client.config("SET", "maxmemory", "1");
  assert.equal(await refusal(counters), "unavailable");
  await client.config("SET", "maxmemory", "0");
  assert.deepEqual(await passing(counters, 3), [true, true, false]);
});

test("wrong client, option or seed throws", async () => {
  const { client } = connection;
  // @ts-expect-error: no client
  await assert.rejects(redisCounters(LIMITED, {}), /neither a client of `redis` nor one of `ioredis`/);
  await assert.rejects(redisCounters(LIMITED, client, { timeout: 0 }), /`timeout` is not a number of milliseconds from 1: 0/);
  await client.set("{mcp-policy}:seed", "short");
  await assert.rejects(redisCounters(LIMITED, client), /holds no 16 bytes in Base64/);
});

const APPROVED = Policy.parse(
  JSON.stringify({
    version: "1",
    default: "deny",
    identity: { from: [{ jwt_claim: "sub" }] },
    approvals: { keys: ["KEY"], url: "https://gateway.example/approvals", approvers: { release: { claim: { groups: "release" } } } },
    tools: { run: { require_approval: {}, limits: [{ counter: "runs", window: "hour", max: 1 }] } },
  }),
  { KEY: "a key of tests, which is no secret" },
);
const AGENT = { verified: { claims: '{"sub":"agent","iss":"https://login.example"}' } };
const PERSON = { verified: { claims: '{"sub":"pat","iss":"https://login.example","groups":["release"]}' } };

test("call that a person approved is counted in Redis, though this process keeps the approval", async () => {
  const counters = await redisCounters(APPROVED, connection.client, LONG);
  /** @param {string} method @param {string} path @param {string} body */
  const visited = async (method, path, body) => {
    const exchange = new Exchange(APPROVED);
    const headers = [":method", method, ":path", path, "accept", "application/json", "content-type", "application/x-www-form-urlencoded"];
    let step = exchange.begin(headers, body === "", { seed: counters.seed, ...PERSON }, NOW);
    if (step.next === "needMore") step = exchange.feed({ type: "body", bytes: Buffer.from(body), endOfStream: true }, NOW);
    const page = await counters.resolve(exchange, step, NOW);
    assert(page.next === "reply" && page.status === 200);
    return JSON.parse(Buffer.from(page.body).toString());
  };
  const asked = await called(counters, APPROVED, NOW, AGENT);
  const { approvalUrl } = decision(asked.verdict);
  const { pathname } = new URL(approvalUrl);
  const { csrf } = await visited("GET", pathname, "");
  await visited("POST", pathname, `decision=approve&csrf=${csrf}`);
  assert.deepEqual(await counts(), []);
  assert.ok((await called(counters, APPROVED, NOW, AGENT)).passes);
  assert.equal((await counts()).length, 1);
});
