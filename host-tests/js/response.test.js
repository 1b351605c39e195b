// The response events of an exchange.
//
// Each `@ts-expect-error` is a test as well: the type checker has to see the mistake.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Exchange } from "mcp-policy";
import { begun, feed, HEADERS as REQUEST, LIMITED, NOW, policy, reason } from "./support.js";

/** @typedef {import("mcp-policy").Event} Event */

const OPEN = policy({ version: "1", default: "allow" });
const HEADERS = ["Content-Type", "text/event-stream"];
const SENT = /** @type {const} */ ({ type: "delivery", delivery: "sent" });
const UNSENT = /** @type {const} */ ({ type: "delivery", delivery: "unsent" });
const TRAILERS = /** @type {const} */ ({ type: "responseTrailers" });
const CLOSED = /** @type {const} */ ({ type: "closed" });
/** @returns {Event} */
const head = (end = false, status = 200) => ({ type: "responseHead", status, headers: HEADERS, endOfStream: end });
/** @returns {Event} */
const piece = (end = false) => ({ type: "responseBody", bytes: Buffer.from("data: {}\n\n"), endOfStream: end });

function forwarded() {
  const exchange = begun(OPEN);
  assert.equal(feed(exchange, "run").next, "forward");
  return exchange;
}

/** @param {Event[]} events */
const names = (events) => events.map((event) => event.type).join(", ") || "nothing";

/** Events in a valid order. @type {Event[][]} */
const ORDERS = [
  [SENT, head(), piece(), piece(), piece(true)],
  [SENT, SENT, head(true)],
  [head(false, 103), head(false, 100), head(), piece(), TRAILERS],
  [head(), piece(true)],
  [UNSENT],
];
for (const events of ORDERS) {
  test(`${names(events)}: passes`, () => {
    const exchange = forwarded();
    for (const event of [...events, CLOSED]) {
      assert.equal(exchange.feed(event, NOW).next, "forward", event.type);
    }
  });
  test(`${names(events)}: may end anywhere`, () => {
    for (const [index] of [...events, CLOSED].entries()) {
      const exchange = forwarded();
      for (const event of [...events.slice(0, index), CLOSED, CLOSED]) {
        assert.equal(exchange.feed(event, NOW).next, "forward", `${event.type} after ${index}`);
      }
      assert.equal(reason(exchange.feed(head(), NOW)), "unavailable", "nothing comes after the end");
    }
  });
}

/** Events, and an event that is invalid after them. @type {[Event[], Event][]} */
const DISORDER = [
  [[], piece()],
  [[], TRAILERS],
  [[], head(true, 100)],
  [[head()], head()],
  [[head()], SENT],
  [[head(true)], piece()],
  [[head(), piece(true)], piece()],
  [[head(), piece(true)], TRAILERS],
  [[head(), TRAILERS], TRAILERS],
];
for (const [events, wrong] of DISORDER) {
  test(`${wrong.type} after ${names(events)} is refused`, () => {
    const exchange = forwarded();
    for (const event of events) assert.equal(exchange.feed(event, NOW).next, "forward");
    const step = exchange.feed(wrong, NOW);
    assert.equal(reason(step), "unavailable");
    assert.match(step.audit ?? "", /"decision":"deny"/);
    for (const late of [piece(), CLOSED]) assert.equal(exchange.feed(late, NOW).next, "needMore");
  });
}

for (const early of [SENT, UNSENT, head(), head(true), piece(true), TRAILERS, CLOSED]) {
  test(`${names([early])} before the verdict is refused`, () => {
    const reading = begun(OPEN);
    assert.equal(reason(reading.feed(early, NOW)), "unreadable");
    assert.equal(feed(reading, "run").next, "needMore", "and nothing is passed on from then");
    const counting = begun(policy(LIMITED));
    assert.equal(feed(counting, "run").next, "ask");
    assert.equal(reason(counting.feed(early, NOW)), "unavailable");
  });
}

test("request body after the response began is refused", () => {
  const exchange = forwarded();
  exchange.feed(head(), NOW);
  assert.equal(reason(feed(exchange, "drop")), "unreadable");
});

const DENY = policy({ version: "1", default: "deny", tools: { run: {} } });
const LIST = '{"id":1,"result":{"tools":[{"name":"drop"},{"name":"run"}]}}';

/** A request under a policy that shows one tool. */
function listing() {
  const exchange = new Exchange(DENY);
  const headers = [...REQUEST, "Accept-Encoding", "gzip"];
  const first = exchange.begin(headers, false, {}, NOW);
  assert.deepEqual(first.setHeaders, { "accept-encoding": "identity" });
  const verdict = feed(exchange, "run");
  assert.deepEqual([verdict.next, verdict.setHeaders], ["forward", { "accept-encoding": "identity" }]);
  return exchange;
}

test("needsResponses is true where a policy can change a response", () => {
  assert.equal(OPEN.needsResponses, false);
  assert.equal(DENY.needsResponses, true);
});

test("list loses tools that are not admitted, and pieces are replaced in place", () => {
  const exchange = listing();
  const step = exchange.feed({ type: "responseHead", status: 200, headers: ["Content-Length", "56"], endOfStream: false }, NOW);
  assert.deepEqual([step.next, step.removeHeaders, step.setHeaders], ["forward", ["content-length"], {}]);
  const texts = [LIST.slice(0, 30), LIST.slice(30)].map((text) => {
    const step = exchange.feed({ type: "responseBody", bytes: Buffer.from(text), endOfStream: false }, NOW);
    assert.equal(step.next, "replaceBody");
    return Buffer.from(step.bytes).toString();
  });
  assert.deepEqual(texts, ["", '{"id":1,"result":{"tools":[{"name":"run"}]}}']);
  assert.equal(exchange.feed({ type: "responseBody", bytes: new Uint8Array(), endOfStream: true }, NOW).next, "forward");
});

test("stream of the old transport is ended by a reply", () => {
  const exchange = listing();
  exchange.feed(head(), NOW);
  const bytes = Buffer.from("event: endpoint\ndata: /x\n\n");
  const step = exchange.feed({ type: "responseBody", bytes, endOfStream: false }, NOW);
  assert.equal(reason(step), "unreadable");
  assert.match(step.audit ?? "", /^{"v":1,"event":"response".*2024-11-05/);
  assert.equal(exchange.feed(piece(), NOW).next, "needMore");
});

const READ = policy({
  version: "1",
  default: "deny",
  tools: { run: { result: { redact: ["secrets"] } } },
  host: { held_bytes: 2 ** 20 },
});
const START = '{"jsonrpc":"2.0","id":1,"result":{';

test("response that is dropped or has no room is refused, and another one passes", () => {
  assert.equal(READ.maxHeldBytes, 2 ** 20);
  const send = (/** @type {Exchange} */ exchange, /** @type {string} */ text) => {
    const step = exchange.feed({ type: "responseBody", bytes: Buffer.from(text), endOfStream: false }, NOW);
    assert.ok(step.next === "forward" || step.next === "replaceBody");
    return step.next === "forward" ? text : Buffer.from(step.bytes).toString();
  };
  const answering = () => {
    const exchange = begun(READ);
    assert.equal(exchange.caller, "anonymous");
    feed(exchange, "run");
    exchange.feed({ type: "responseHead", status: 200, headers: ["Content-Type", "application/json"], endOfStream: false }, NOW);
    assert.equal(send(exchange, START), "");
    assert.equal(exchange.heldBytes, START.length);
    return exchange;
  };
  const [kept, dropped, crowded] = [answering(), answering(), answering()];
  dropped.dropHeld();
  crowded.holdAtMost(START.length);
  assert.deepEqual([kept.heldBytes, dropped.heldBytes], [START.length, 0]);
  for (const exchange of [dropped, crowded]) assert.match(send(exchange, " "), /holds too many responses/);
  assert.equal(send(kept, "}}"), `${START}}}`);
  assert.equal(new Exchange(READ).caller, undefined);
});

/** Mistakes of a program. @type {[string, (exchange: Exchange) => unknown][]} */
const MISTAKES = [
  // @ts-expect-error: no such outcome
  ["has another outcome", (exchange) => exchange.feed({ type: "delivery", delivery: "lost" }, NOW)],
  // @ts-expect-error: no outcome
  ["has no outcome", (exchange) => exchange.feed({ type: "delivery" }, NOW)],
  // @ts-expect-error: a text
  ["gives a status as a text", (exchange) => exchange.feed({ ...head(), status: "200" }, NOW)],
  ...[NaN, -200, 200.5, 2 ** 16 + 200, 2 ** 32 + 200, Infinity].map((status) => /** @type {[string, (exchange: Exchange) => unknown]} */ (
    [`gives the status ${status}`, (exchange) => exchange.feed(head(false, status), NOW)]
  )),
  // @ts-expect-error: an object, as `response.headers` is
  ["gives headers as an object", (exchange) => exchange.feed({ type: "responseHead", status: 200, headers: {}, endOfStream: false }, NOW)],
  ["gives half a header", (exchange) => exchange.feed({ type: "responseHead", status: 200, headers: ["x"], endOfStream: false }, NOW)],
  // @ts-expect-error: no `end`
  ["does not say whether a body follows", (exchange) => exchange.feed({ type: "responseHead", status: 200, headers: [] }, NOW)],
  // @ts-expect-error: a text, not bytes
  ["gives a body as a text", (exchange) => exchange.feed({ type: "responseBody", bytes: "{}", endOfStream: true }, NOW)],
  // @ts-expect-error: a text
  ["holds a text", (exchange) => exchange.holdAtMost("1")],
  ...[NaN, -1, 0.5, Infinity].map((bytes) => /** @type {[string, (exchange: Exchange) => unknown]} */ (
    [`holds ${bytes} bytes`, (exchange) => exchange.holdAtMost(bytes)]
  )),
  // @ts-expect-error: as HTTP libraries call it
  ["makes events up", (exchange) => exchange.feed({ type: "close" }, NOW)],
];
for (const [name, mistake] of MISTAKES) {
  test(`exchange whose program ${name} is over`, () => {
    const exchange = forwarded();
    assert.throws(() => mistake(exchange), TypeError);
    assert.throws(() => exchange.feed(CLOSED, NOW), /is over/);
  });
}
