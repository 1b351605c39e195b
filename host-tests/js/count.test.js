// Programs that count without a store, correctly and incorrectly.
//
// Each `@ts-expect-error` is a test as well: the type checker has to see the mistake.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Store } from "mcp-policy";
import { counters, reserve } from "./reserve.js";
import { begun, decision, feed, memory, NOW, policy, reason, text } from "./support.js";

/** @typedef {import("mcp-policy").Reservation} Reservation @typedef {import("mcp-policy").Step} Step */

const ONE = 1_000_000n;
const ENDS = NOW + 60_000;
const POLICY = policy({
  version: "1",
  default: "deny",
  client_detail: true,
  tools: {
    run: {
      limits: [
        { counter: "few", window: "minute", max: 2 },
        { counter: "few", window: "minute", max: 1, on_deny: "Once." },
        { counter: "all", window: "month", max: 9, scope: "global" },
      ],
    },
    tried: { mode: "shadow", rate_limit: "1/hour" },
    by_peer: { limits: [{ counter: "peers", window: "week", max: 2, scope: "ip" }] },
    many: { limits: [{ counter: "many", window: "day", max: 1_000_000_000_000, scope: "global" }] },
  },
});

beforeEach(() => counters.clear());

/** @param {Step} step */
function charges(step) {
  assert.equal(step.next, "ask");
  assert.ok(step.reserve);
  return step.reserve;
}

/** The step after a reservation for a call of a tool. @param {string} name @param {Reservation} reservation */
function counted(name, reservation) {
  const exchange = begun(POLICY);
  charges(feed(exchange, name));
  return exchange.feed({ type: "reserved", reservation }, NOW);
}

/** A reservation in which all charges were counted. @param {number} length @returns {Reservation} */
const reserved = (length, used = ONE) => ({
  type: "reserved",
  counts: Array.from({ length }, () => ({ used, ends: ENDS, added: true })),
});

test("reservation without a store is charged once and then refused", () => {
  const called = () => {
    const exchange = begun(POLICY);
    const asked = charges(feed(exchange, "run"));
    return { asked, step: exchange.feed({ type: "reserved", reservation: reserve(asked, NOW + 18_000) }, NOW + 18_000) };
  };
  const { asked, step } = called();
  assert.equal(step.next, "forward");
  assert.match(step.audit ?? "", /"used":1[,}]/);
  const [few, all] = asked;
  assert.ok(few && all && asked.length === 2);
  assert.ok(few.counter && few.subject && few.counter !== all.counter);
  assert.deepEqual(
    [few.cost, few.window, few.ends, few.limits],
    [ONE, { type: "seconds", seconds: 60 }, ENDS, [{ max: 2n * ONE, enforced: true, position: 0 }, { max: ONE, enforced: true, position: 1 }]],
  );
  assert.deepEqual([all.window, all.ends], [{ type: "month" }, Date.UTC(2026, 1)]);
  const refused = called().step;
  assert.equal(text(refused), "[POLICY DENIED] Once. Try again in 42 seconds.");
  assert.equal(reason(refused), "rate_limited");
  assert.deepEqual(
    [...counters.values()].flat().map(({ used }) => used),
    [ONE, ONE],
    "all or none",
  );
});

test("reservation that arrives later is accepted", async () => {
  const exchange = begun(POLICY);
  const reservation = await Promise.resolve(reserve(charges(feed(exchange, "run")), NOW));
  assert.equal(exchange.feed({ type: "reserved", reservation }, NOW).next, "forward");
});

test("step that asks has its charges by type", () => {
  const step = feed(begun(POLICY), "run");
  // @ts-expect-error: only `ask` has charges
  assert.ok(step.reserve);
  const [charge] = charges(step);
  // @ts-expect-error: an amount is a bigint
  const calls = /** @type {number | undefined} */ (charge?.cost);
  assert.equal(typeof calls, "bigint");
  // @ts-expect-error: only a window of seconds has a length
  assert.equal(charge?.window.seconds, 60);
});

test("full limit in shadow mode is logged and not refused", () => {
  const exchange = begun(POLICY);
  const [charge] = charges(feed(exchange, "tried"));
  assert.deepEqual(charge?.limits, [{ max: ONE, enforced: false, position: 0 }]);
  const count = { used: ONE, ends: ENDS, shadowed: 0, added: false };
  const step = exchange.feed({ type: "reserved", reservation: { type: "reserved", counts: [count] } }, NOW);
  assert.equal(step.next, "forward");
  assert.match(step.audit ?? "", /"shadow":\[\{"reason":"rate_limited"/);
});

test("unknown peer is refused where a limit counts by peer", () => {
  const exchange = begun(POLICY, { peer: "nobody" });
  const asked = charges(feed(exchange, "by_peer"));
  assert.deepEqual(asked.map(({ window }) => window), [{ type: "week" }]);
  assert.ok(!("subject" in (asked[0] ?? {})));
  assert.equal(reason(exchange.feed({ type: "reserved", reservation: reserved(1) }, NOW)), "unavailable");
  const other = begun(POLICY, { peer: "192.0.2.1:443" });
  const [charge] = charges(feed(other, "by_peer"));
  assert.ok(charge?.subject);
});

test("large amounts are not rounded", () => {
  const exchange = begun(POLICY);
  const [charge] = charges(feed(exchange, "many"));
  assert.equal(charge?.limits[0]?.max, 10n ** 18n);
  const step = exchange.feed({ type: "reserved", reservation: reserved(1, 2n ** 53n + 1n) }, NOW);
  assert.match(step.audit ?? "", /"used":9007199254\.740993[,}]/);
  const most = counted("many", reserved(1, 2n ** 64n - 1n));
  assert.match(most.audit ?? "", /"used":18446744073709\.551615[,}]/);
  const at = { charge: 0, limit: 0 };
  const full = counted("many", { type: "full", at, used: 10n ** 18n - 1n, ends: ENDS, shadowed: [] });
  assert.equal(decision(full).remaining, 0.000001);
});

/** Counts that contradict the charges. @type {[string, Reservation][]} */
const WRONG = [
  ["counts nothing", reserved(0)],
  ["counts too little", reserved(1)],
  ["counts too much", reserved(3)],
  ["cannot count", { type: "unavailable" }],
  ...[{ charge: 2, limit: 0 }, { charge: 0, limit: 2 }, { charge: 2 ** 32, limit: 0 }, { charge: 0, limit: 2 ** 53 - 1 }].map(
    (at) => /** @type {[string, Reservation]} */ (
      [`is full at ${at.charge}, ${at.limit}`, { type: "full", at, used: ONE, ends: ENDS, shadowed: [at] }]
    ),
  ),
];
for (const [name, reservation] of WRONG) {
  test(`program that ${name} has the call refused`, () => {
    assert.equal(reason(counted("run", reservation)), "unavailable");
  });
}

test("counts without a question are refused", () => {
  const reservation = reserved(1);
  assert.equal(reason(begun(POLICY).feed({ type: "reserved", reservation }, NOW)), "unreadable");
  const exchange = begun(POLICY);
  charges(feed(exchange, "tried"));
  assert.equal(exchange.feed({ type: "reserved", reservation }, NOW).next, "forward");
  assert.equal(reason(exchange.feed({ type: "reserved", reservation }, NOW)), "unreadable");
});

test("charges of one exchange do not resolve another one", () => {
  const store = new Store(POLICY, memory());
  const [asking, other] = [begun(POLICY), begun(POLICY)];
  const step = feed(asking, "run");
  assert.equal(reason(store.resolve(other, step, NOW)), "unreadable");
  assert.equal(store.resolve(asking, step, NOW).next, "forward");
  assert.equal(reason(store.resolve(asking, step, NOW)), "unreadable", "a step is resolved once");
});

const COUNT = { used: ONE, ends: ENDS, added: true };
const FULL = /** @type {const} */ ({ type: "full", at: { charge: 0, limit: 0 }, used: ONE, ends: ENDS, shadowed: [] });

/** Values that are not reservations. @type {[string, () => Step][]} */
const MISTAKES = [
  // @ts-expect-error: nothing
  ["nothing", () => counted("tried", undefined)],
  // @ts-expect-error: no such reservation
  ["another type", () => counted("tried", { type: "done" })],
  // @ts-expect-error: no counts
  ["no counts", () => counted("tried", { type: "reserved" })],
  // @ts-expect-error: a count, not a list
  ["one count", () => counted("tried", { type: "reserved", counts: COUNT })],
  ["a hole in the counts", () => counted("tried", { type: "reserved", counts: new Array(1) })],
  // @ts-expect-error: calls, not millionths
  ["a count in calls", () => counted("tried", { type: "reserved", counts: [{ ...COUNT, used: 1 }] })],
  ["a count below nothing", () => counted("tried", reserved(1, -1n))],
  ["a count beyond 64 bits", () => counted("tried", reserved(1, 2n ** 64n))],
  ["an end that is no time", () => counted("tried", { type: "reserved", counts: [{ ...COUNT, ends: NaN }] })],
  // @ts-expect-error: a bigint
  ["an end in a bigint", () => counted("tried", { type: "reserved", counts: [{ ...COUNT, ends: 1n }] })],
  // @ts-expect-error: `added` is missing
  ["no word on whether it was added", () => counted("tried", { type: "reserved", counts: [{ ...COUNT, added: undefined }] })],
  // @ts-expect-error: no position
  ["a shadow that is true", () => counted("tried", { type: "reserved", counts: [{ ...COUNT, shadowed: true }] })],
  ["a shadow at a half", () => counted("tried", { type: "reserved", counts: [{ ...COUNT, shadowed: 0.5 }] })],
  // @ts-expect-error: no place
  ["full at no place", () => counted("tried", { ...FULL, at: undefined })],
  // @ts-expect-error: no limit
  ["full at a charge", () => counted("tried", { ...FULL, at: { charge: 0 } })],
  ["full before the first charge", () => counted("tried", { ...FULL, at: { charge: -1, limit: 0 } })],
  // @ts-expect-error: no list
  ["full without shadows", () => counted("tried", { ...FULL, shadowed: undefined })],
  // @ts-expect-error: a position, not an index
  ["full after a shadow of one number", () => counted("tried", { ...FULL, shadowed: [0] })],
];
for (const [name, mistake] of MISTAKES) {
  test(`reservation of ${name} throws`, () => assert.throws(mistake, /^(Type|Range)Error: `.*` is not /));
}

test("exchange with an invalid reservation is over", () => {
  const exchange = begun(POLICY);
  charges(feed(exchange, "run"));
  // @ts-expect-error: no reservation
  assert.throws(() => exchange.feed({ type: "reserved" }, NOW), TypeError);
  assert.throws(() => exchange.feed({ type: "reserved", reservation: reserved(2) }, NOW), /is over/);
});
