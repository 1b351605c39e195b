// The middleware whose log or counters fail, or answer later, and whose clients leave.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { memoryCounters } from "mcp-policy/memory";
import { callOf, gate, json, JSON_HEADERS, LIMITED, LIST, opened, post, reasonOf, RESULT, serving, toolsOf } from "./servers.js";
import { policy } from "./support.js";

/** @typedef {import("./servers.js").Handler} Handler */

test("request whose log fails is refused, and its call is not counted", async () => {
  let fault = () => /** @type {unknown} */ (undefined);
  const faults = [() => { throw new Error("the disk is full"); }, () => Promise.reject(new Error("the disk is full"))];
  await serving(LIMITED, json(RESULT), async ({ url, calls, errors }) => {
    for (const each of faults) {
      fault = each;
      assert.equal((await post(url, callOf("add"))).status, 503);
      assert.deepEqual(errors.splice(0).map(({ message }) => message), ["the disk is full"]);
    }
    assert.equal(calls.length, 0);
    fault = () => undefined;
    for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await post(url, callOf("add"))), expected);
  }, { log: () => fault() });
});

test("response whose log fails goes no further", async () => {
  const log = (/** @type {string} */ line) => {
    if (JSON.parse(line).event === "response") throw new Error("the disk is full");
  };
  const redirect = /** @type {Handler} */ ((_, res) => res.writeHead(307, { location: "http://elsewhere.example/mcp" }).end());
  await serving(LIMITED, redirect, async ({ url, errors }) => {
    const response = await fetch(url, { method: "POST", body: callOf("add"), headers: JSON_HEADERS, redirect: "manual" });
    assert.deepEqual([response.status, response.headers.get("location"), errors.length], [503, null, 1]);
  }, { log });
});

/** Counters that fail. @type {[string, () => any][]} */
const FAULTS = [
  ["throw", () => { throw new Error("gone"); }],
  ["reject", () => Promise.reject(new Error("gone"))],
  ["never answer", () => new Promise(() => undefined)],
  ["return nothing", () => undefined],
  ["return the question", (/** @type {any[]} */ ...[, step]) => step],
];
for (const [name, resolve] of FAULTS) {
  test(`counters that ${name} have the call refused`, async () => {
    const whole = memoryCounters(policy(LIMITED));
    const counters = { seed: whole.seed, resolve: /** @type {(...args: any[]) => any} */ (resolve) };
    await serving(LIMITED, json(RESULT), async ({ url, calls, errors }) => {
      assert.equal((await post(url, callOf("add"))).status, 503);
      assert.deepEqual([calls.length, errors.length], [0, 1]);
      counters.resolve = (exchange, step, now) => whole.resolve(exchange, step, now);
      assert.equal((await post(url, callOf("add"))).status, 200);
      assert.equal(calls.length, 1);
    }, { counters, timeout: 50 });
  });
}

/** Counters that answer later. */
function late(document = /** @type {unknown} */ (LIMITED)) {
  const store = memoryCounters(policy(document));
  /** @param {[any, any, any]} args */
  const resolve = async (...args) => {
    await new Promise(setImmediate);
    return store.resolve(...args);
  };
  return { seed: store.seed, resolve };
}

test("counters that answer later count and keep the order of a response", async () => {
  /** @type {unknown[]} */
  const seen = [];
  /** @type {Handler} */
  const handler = async (_, res) => {
    // The head has the charge to refund, so that the pieces wait for the counters.
    res.writeHead(200, { "content-type": "application/json" });
    seen.push(res.headersSent, res.write(RESULT.slice(0, 10)));
    assert.throws(() => res.setHeader("x-late", "1"), { code: "ERR_HTTP_HEADERS_SENT" });
    res.write(RESULT.slice(10, 20));
    res.end(RESULT.slice(20));
    seen.push(res.writableEnded);
  };
  await serving(LIMITED, handler, async ({ url }) => {
    for (const expected of [200, 200]) {
      const response = await post(url, callOf("add"));
      assert.deepEqual([response.status, await response.text()], [expected, RESULT]);
    }
    assert.equal(await reasonOf(await post(url, callOf("add"))), "rate_limited");
    assert.deepEqual([seen[0], seen[2]], [true, true]);
  }, { counters: late() });
});

const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } },
});
/** Which tool an answer is for is remembered by its id where results have rules. */
const READ = { ...LIMITED, tools: { add: { result: { redact: ["secrets"] } } } };

test("handler that waits for the policy is told so, gets a drain, and cannot change its head meanwhile", async () => {
  /** @type {unknown[]} */
  const seen = [];
  const body = '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}';
  /** @type {Handler} */
  const handler = async (_, res) => {
    // The counters keep the session before the head goes on.
    res.writeHead(200, { "content-type": "application/json", "mcp-session-id": randomUUID() });
    seen.push(res.headersSent, res.write(body.slice(0, 10)));
    assert.throws(() => res.setHeader("x-late", "1"), { code: "ERR_HTTP_HEADERS_SENT" });
    assert.throws(() => res.writeHead(500), { code: "ERR_HTTP_HEADERS_SENT" });
    await once(res, "drain");
    res.end(body.slice(10));
  };
  await serving(READ, handler, async ({ url, errors }) => {
    const response = await post(url, INITIALIZE);
    assert.deepEqual([response.status, await response.text()], [200, body]);
    assert.deepEqual([seen, errors], [[true, false], []]);
  }, { counters: late(READ) });
});

/** The ends of ids that the counters get. @param {unknown} document */
function watched(document) {
  const store = memoryCounters(policy(document));
  /** @type {import("mcp-policy").IdEnd[]} */
  const ends = [];
  /** @type {import("mcp-policy/http").Counters["resolve"]} */
  const resolve = (exchange, step, now) => {
    if (step.end) ends.push(step.end);
    return store.resolve(exchange, step, now);
  };
  return { counters: { seed: store.seed, resolve }, ends };
}

test("id of a request ends once: answered, or unclear where the client has gone", async () => {
  const { counters, ends } = watched(READ);
  const [reached, left] = [gate(), gate()];
  const session = randomUUID();
  /** @type {Handler} */
  const handler = (req, res) => {
    if (req.headers["x-leave"]) {
      reached.open(undefined);
      res.on("close", () => {
        res.writeHead(200, { "content-type": "application/json" });
        res.end(RESULT);
        left.open(undefined);
      });
      return;
    }
    res.setHeader("mcp-session-id", session);
    json(RESULT)(req, res);
  };
  await serving(READ, handler, async ({ url, errors }) => {
    await (await post(url, INITIALIZE)).text();
    const headers = { "mcp-session-id": session };
    await (await post(url, callOf("add"), headers)).text();
    assert.deepEqual(ends.map(({ isAnswered }) => isAnswered), [true]);
    const giveUp = new AbortController();
    const abandoned = fetch(url, { method: "POST", body: callOf("add", {}, 2), headers: { ...JSON_HEADERS, ...headers, "x-leave": "1" }, signal: giveUp.signal });
    await reached.passed;
    giveUp.abort();
    await assert.rejects(abandoned);
    await left.passed;
    assert.deepEqual(ends.map(({ isAnswered }) => isAnswered), [true, false]);
    assert.deepEqual(errors, []);
  }, { counters });
});

test("request of a client that leaves before its verdict never reaches the handler", async () => {
  const [asked, answer] = [gate(), gate()];
  const store = memoryCounters(policy(LIMITED));
  const counters = {
    seed: store.seed,
    resolve: async (/** @type {[any, any, any]} */ ...args) => {
      if (args[1].reserve) {
        asked.open(undefined);
        await answer.passed;
      }
      return store.resolve(...args);
    },
  };
  const closed = gate();
  const before = (/** @type {any} */ app) => app.use((/** @type {any} */ _, /** @type {any} */ res, /** @type {any} */ next) => {
    res.once("close", () => closed.open(undefined));
    next();
  });
  await serving(LIMITED, json(RESULT), async ({ port, url, calls, errors }) => {
    const request = opened(port);
    request.on("error", () => undefined);
    request.end(callOf("add"));
    await asked.passed;
    request.destroy();
    await closed.passed;
    answer.open(undefined);
    for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await post(url, callOf("add"))), expected, "the call of nobody is not counted");
    assert.deepEqual([calls.length, errors], [2, []]);
  }, { counters, before });
});
