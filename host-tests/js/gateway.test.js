// The core that the adapters share: one exchange after another, without a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Policy } from "mcp-policy";
import { Gateway } from "mcp-policy/http";
import { memoryCounters } from "mcp-policy/memory";
import { callOf, gate, LIMITED, LIST, OPEN, RESULT, toolsOf } from "./servers.js";
import { ASKS, HEADERS, policy, waiting } from "./support.js";

// A file inside the package, which has no entry of its own.
/** @type {{ HeldBytes: typeof import("../dist/js/held.js").HeldBytes }} */
const { HeldBytes } = await import(new URL("held.js", import.meta.resolve("mcp-policy")).href);

/** @typedef {import("mcp-policy/http").GatewayOptions} Options @typedef {import("mcp-policy/http").HttpExchange} HttpExchange */

/** A gateway, with its log and its errors. @param {unknown} document @param {Options} [options] */
function gateway(document, options = {}) {
  /** @type {any[]} */
  const lines = [];
  /** @type {any[]} */
  const errors = [];
  const log = (/** @type {string} */ line) => void lines.push(JSON.parse(line));
  return { lines, errors, gateway: new Gateway(policy(document), { log, onError: (error) => void errors.push(error), ...options }) };
}

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);
const JSON_FIELDS = ["content-type", "application/json"];

/** The verdict on a body, where nothing is asynchronous. @param {HttpExchange} exchange @param {string} body */
function judged(exchange, body) {
  const verdict = exchange.judge(HEADERS, bytes(body));
  assert.ok(!(verdict instanceof Promise));
  return verdict;
}

test("exchange without promises is synchronous from the headers to the end of the response", () => {
  const { gateway: served, lines } = gateway(LIMITED);
  const exchange = served.exchange();
  assert.equal(exchange.begin(HEADERS, false), undefined);
  assert.equal(exchange.body(bytes(LIST.slice(0, 9))), undefined);
  assert.equal(exchange.body(bytes(LIST.slice(9))), undefined);
  const verdict = /** @type {any} */ (exchange.end());
  assert.deepEqual([verdict.passes, Buffer.from(verdict.body).toString()], [true, LIST]);
  const head = exchange.responseHead(200, [...JSON_FIELDS, "content-length", "9"], false);
  assert.deepEqual(head, { passes: true, removeHeaders: ["content-length"], setHeaders: {} });
  const list = bytes(toolsOf("add", "drop"));
  const pieces = [exchange.responseBody(list.subarray(0, 20), false), exchange.responseBody(list.subarray(20), true)];
  assert.equal(pieces.map((piece) => Buffer.from(/** @type {Uint8Array} */ (piece)).toString()).join(""), toolsOf("add"));
  exchange.close();
  assert.deepEqual([lines.length, exchange.caller], [1, "anonymous"]);
});

test("refusal has the id that the log has, that of the request where it has one", () => {
  const { gateway: served, lines } = gateway(LIMITED);
  const asked = (/** @type {string[]} */ ...own) => {
    const verdict = /** @type {any} */ (served.exchange().judge([":method", "POST", ...JSON_FIELDS, ...own], bytes(callOf("drop"))));
    return JSON.parse(Buffer.from(verdict.body).toString()).result._meta["mcp-policy/decision"].requestId;
  };
  const made = asked();
  assert.match(made, /^[0-9a-f-]{36}$/);
  assert.equal(asked("X-Request-Id", "f00d"), "f00d");
  assert.deepEqual(lines.map(({ request_id }) => request_id), [made, "f00d"]);
});

test("body is that which was judged, also where the program uses its buffer again", () => {
  const exchange = gateway(OPEN).gateway.exchange();
  const buffer = bytes(callOf("run"));
  exchange.begin(HEADERS, false);
  exchange.body(buffer);
  buffer.fill(0);
  assert.equal(Buffer.from(/** @type {any} */ (exchange.end()).body).toString(), callOf("run"));
});

test("refusal stays the verdict, and the server's response has no place", () => {
  const { gateway: served, errors } = gateway(LIMITED);
  const exchange = served.exchange();
  const verdict = judged(exchange, callOf("drop"));
  assert.equal(verdict.passes, false);
  assert.deepEqual([exchange.body(bytes("x")), exchange.end(), exchange.responseHead(200, JSON_FIELDS, false)], [verdict, verdict, verdict]);
  assert.equal(exchange.responseBody(bytes(RESULT), true), null);
  assert.deepEqual(errors, []);
});

/** Calls at the wrong time. @type {[string, (exchange: HttpExchange) => unknown][]} */
const MISTAKES = [
  ["a body before the headers", (exchange) => exchange.body(bytes("{}"))],
  ["a response before the verdict", (exchange) => {
    exchange.begin(HEADERS, false);
    return exchange.responseHead(200, JSON_FIELDS, false);
  }],
  ["headers twice", (exchange) => {
    exchange.begin(HEADERS, false);
    return exchange.begin(HEADERS, false);
  }],
  ["headers that are no bytes", (exchange) => exchange.begin([":method", "POST", "x", "\u0100"], false)],
  ["a status that is none", (exchange) => {
    judged(exchange, callOf("run"));
    return exchange.responseHead(NaN, JSON_FIELDS, false);
  }],
];
for (const [name, mistake] of MISTAKES) {
  test(`program that reports ${name} gets a refusal`, () => {
    const exchange = gateway(OPEN).gateway.exchange();
    assert.equal(/** @type {any} */ (mistake(exchange)).passes, false);
    assert.equal(/** @type {any} */ (exchange.end()).passes, false);
    assert.equal(exchange.responseBody(bytes(RESULT), true), null);
  });
}

test("exchange that is closed passes nothing more, and reports no error", async () => {
  const { gateway: served, errors } = gateway(OPEN);
  const exchange = served.exchange();
  assert.equal(judged(exchange, callOf("run")).passes, true);
  exchange.close();
  exchange.close();
  assert.equal(/** @type {any} */ (exchange.responseHead(200, JSON_FIELDS, false)).passes, false);
  assert.equal(exchange.responseBody(bytes(RESULT), true), null);
  assert.deepEqual(errors, []);
});

test("request that was not sent gives its charge back, and one that was does not", () => {
  for (const [delivery, expected] of /** @type {["unsent" | undefined, boolean][]} */ ([["unsent", true], [undefined, false]])) {
    const { gateway: served } = gateway(LIMITED);
    for (let call = 0; call < 2; call += 1) {
      const exchange = served.exchange();
      assert.equal(judged(exchange, callOf("add")).passes, true);
      exchange.close(delivery);
    }
    assert.equal(judged(served.exchange(), callOf("add")).passes, expected);
  }
});

test("error of `onError` and of a notice changes nothing", () => {
  const served = new Gateway(policy(OPEN), { log: () => { throw new Error("full"); }, onError: () => { throw new Error("deaf"); } });
  assert.equal(judged(served.exchange(), callOf("run")).passes, false);
});

test("counters that answer after their time change nothing", async () => {
  const store = memoryCounters(policy(LIMITED));
  const asked = gate();
  const counters = {
    seed: store.seed,
    resolve: async (/** @type {[any, any, any]} */ ...args) => {
      if (args[1].reserve) await asked.passed;
      return store.resolve(...args);
    },
  };
  const { gateway: served, lines, errors } = gateway(LIMITED, { counters, timeout: 1 });
  const exchange = served.exchange();
  const verdict = await exchange.judge(HEADERS, bytes(callOf("add")));
  assert.equal(verdict.passes, false);
  assert.match(String(errors), /took longer than 1 ms/);
  asked.open(undefined);
  await new Promise(setImmediate);
  assert.deepEqual(lines.map(({ event }) => event), ["refund"], "what was counted late is given back");
  const again = gateway(LIMITED, { counters: store });
  for (const expected of [true, true, false]) assert.equal(judged(again.gateway.exchange(), callOf("add")).passes, expected);
});

const SHARED = { version: "1", default: "deny", counters: { backend: "limitador_http", cluster: "counters", domain: "mcp" }, tools: { run: { rate_limit: { max: 1, window: 60, scope: ["global"] } } } };

test("service of a policy is asked by the program, and its silence refuses the call", async () => {
  /** @type {any[]} */
  const questions = [];
  for (const [answer, expected] of /** @type {[any, boolean][]} */ ([
    [{ status: 200, body: new Uint8Array() }, true],
    [{ status: 429, body: new Uint8Array() }, false],
    [null, false],
  ])) {
    const service = async (/** @type {any} */ question) => {
      questions.push(question);
      return answer;
    };
    const verdict = await gateway(SHARED, { service }).gateway.exchange().judge(HEADERS, bytes(callOf("run")));
    assert.equal(verdict.passes, expected);
  }
  assert.deepEqual([questions[0].service, questions[0].path], ["counters", "/check_and_report"]);
  assert.equal(judged(gateway(SHARED).gateway.exchange(), callOf("run")).passes, false);
});

const MODERN = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "deploy" };

test("answer that waits for a person is sent as soon as one has decided, or the client has gone", async () => {
  for (const leaves of [true, false]) {
    const store = memoryCounters(ASKS);
    let pending = true;
    const asked = gate();
    const counters = {
      seed: store.seed,
      resolve: (/** @type {[any, any, any]} */ ...args) => store.resolve(...args),
      isPending: () => {
        asked.open(undefined);
        return pending;
      },
    };
    const served = new Gateway(ASKS, { counters, log: false });
    const fields = [...HEADERS, ...Object.entries(MODERN).flat()];
    const first = await served.exchange({ verified: { claims: { sub: "agent" } } }).judge(fields, waiting());
    const { requestState } = JSON.parse(Buffer.from(first.body).toString()).result;
    const exchange = served.exchange({ verified: { claims: { sub: "agent" } } });
    const verdict = exchange.judge(fields, waiting(requestState));
    assert.ok(verdict instanceof Promise);
    await asked.passed;
    if (leaves) exchange.close();
    else pending = false;
    assert.equal((await verdict).passes, false);
  }
});

const QUARTER = 1 << 18;

test("caller holds a quarter, and a short message beyond it", () => {
  const held = new HeldBytes(1 << 20);
  const [one, other] = [{}, {}];
  held.set(one, "a", QUARTER - 100);
  assert.deepEqual([held.room(one, "a"), held.room(other, "a"), held.room(other, "b")], [QUARTER, 16384, QUARTER]);
  held.set(one, "a", 0);
  assert.deepEqual([held.all, held.room(other, "a")], [0, QUARTER]);
});

test("caller that holds most loses its longest response", () => {
  const held = new HeldBytes(1 << 20);
  const half = QUARTER / 2;
  /** @type {[string, number][]} */
  const responses = [["a", half], ["a", half + 1], ["b", QUARTER - 1], ["c", half], ["c", half - 1], ["d", half - 9], ["d", half + 8]];
  const handles = responses.map(([caller, size]) => {
    const handle = { caller, size };
    held.set(handle, caller, size);
    return handle;
  });
  held.set({}, "e", 1000);
  assert.deepEqual(held.excess(), handles[1]);
  assert.equal(held.excess(), undefined);
});

test("full gateway has room only up to what another caller holds", () => {
  const held = new HeldBytes(1 << 20);
  const rest = Math.floor(((1 << 20) - 390_010) / 3);
  held.set({}, "a", 240_000);
  held.set({}, "b", 150_000);
  held.set({}, "b", 10);
  for (const caller of ["c", "d", "e"]) held.set({}, caller, rest);
  assert.deepEqual([held.room({}, "b"), held.room({}, "f"), held.room({}, "a")], [240_000 - 150_010 - 1, 240_000 - 1, 16384]);
});

test("response of a caller that holds too much is refused, and that of another passes", () => {
  const document = { version: "1", default: "deny", tools: { run: { result: { redact: ["secrets"] } } }, host: { held_bytes: 1 << 20 } };
  const { gateway: served } = gateway(document);
  const start = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"';
  const answering = (/** @type {number} */ size) => {
    const exchange = served.exchange();
    judged(exchange, callOf("run"));
    exchange.responseHead(200, JSON_FIELDS, false);
    return { exchange, passed: /** @type {Uint8Array} */ (exchange.responseBody(bytes(start + "x".repeat(size)), false)) };
  };
  const first = answering(QUARTER - 1000);
  assert.equal(first.passed.length, 0, "it is held");
  const second = answering(QUARTER - 1000);
  const rest = [first, second].map(({ exchange }) => Buffer.from(/** @type {any} */ (exchange.responseBody(bytes('"}]}}'), true)) ?? []).toString());
  assert.match(rest[0] ?? "", /^\{"jsonrpc":"2\.0","id":1,"result":\{"content"/);
  assert.match(Buffer.from(second.passed).toString() + rest[1], /holds too many responses/);
});

test("fifth caller displaces the longest response of the caller that holds most", () => {
  const document = {
    version: "1",
    default: "deny",
    identity: { from: [{ header: "x-user", set_by_gateway: true }] },
    tools: { run: { result: { redact: ["secrets"] } } },
    host: { held_bytes: 1 << 20 },
  };
  const { gateway: served } = gateway(document);
  const start = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"';
  const exchanges = [250_000, 250_001, 250_000, 250_000, 240_000].map((size, user) => {
    const exchange = served.exchange();
    assert.equal(/** @type {any} */ (exchange.judge([...HEADERS, "x-user", `user-${user}`], bytes(callOf("run")))).passes, true);
    exchange.responseHead(200, JSON_FIELDS, false);
    assert.equal(/** @type {Uint8Array} */ (exchange.responseBody(bytes(start + "x".repeat(size - start.length)), false)).length, 0);
    return exchange;
  });
  const rest = exchanges.map((exchange) => Buffer.from(/** @type {Uint8Array} */ (exchange.responseBody(bytes('"}]}}'), true))).toString());
  assert.deepEqual(rest.map((text) => text.startsWith(start)), [true, false, true, true, true]);
  assert.match(rest[1] ?? "", /holds too many responses/);
});
