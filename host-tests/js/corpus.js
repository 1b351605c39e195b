// Plays cases in the package: turns one line of JSON for each case into a line with the outcomes. With the argument `alone`
// this program counts, without a store.
//
// It uses the package as a gateway would, and does not know the expected outcomes.
import { Exchange, Policy, Store } from "mcp-policy";
import { Captured, given, Memory, parsed, playAll } from "./cases.js";
import { close, counters, finish, ids, lookup, open, reserve, takeBack, values, write } from "./reserve.js";

/**
 * @typedef {import("./cases.js").Case} Case
 * @typedef {import("./cases.js").Request} Request
 * @typedef {import("./cases.js").Respond} Respond
 * @typedef {import("./cases.js").Arrival} Arrival
 * @typedef {import("mcp-policy").Event} Event
 * @typedef {import("mcp-policy").Step} Step
 */

const ALONE = process.argv.includes("alone");

/** @param {Case} given */
function play({ policy: text, steps, arrivals }) {
  const policy = parsed(text);
  if (!(policy instanceof Policy)) return policy;
  const memory = new Memory();
  const store = new Store(policy, memory);
  const empty = memory.cells;
  return {
    verdicts: arrivals.map((arrivals) => {
      memory.cells = new Map(empty);
      counters.clear();
      values.clear();
      ids.clear();
      const captured = new Captured();
      return arrivals.map((arrival, index) => seen(policy, store, /** @type {Request} */ (steps[index]), arrival, captured));
    }),
  };
}

/** @param {Policy} policy @param {Store} store @param {Request} unfilled @param {Arrival} whole @param {Captured} captured */
function seen(policy, store, unfilled, whole, captured) {
  const { request, arrival } = captured.request(unfilled, whole);
  const { headers, body, peer, verified, cluster, sentTo, now, respond } = request;
  const exchange = new Exchange(policy);
  const carryOut = (/** @type {Step} */ step) => resolved(exchange, store, step, now);
  let step = carryOut(exchange.begin(headers, arrival.end, { peer, verified: given(verified), cluster: cluster ?? undefined, seed: store.seed }, now));
  for (const event of events(Buffer.from(body, "latin1"), arrival)) {
    if (step.next !== "needMore") break;
    step = carryOut(exchange.feed(event, now));
  }
  const passes = step.next === "forward" || step.next === "forwardBody";
  const response = passes && respond ? received(exchange, store, { ...respond, sentTo }, arrival, now) : undefined;
  if (passes) carryOut(exchange.feed({ type: "closed" }, now));
  exchange.free();
  if (step.next !== "reply") {
    const edited = step.next === "forwardBody" ? Buffer.from(step.bytes).toString("latin1") : undefined;
    return { ...step, body: edited, received: response };
  }
  const answer = Buffer.from(step.body).toString("latin1");
  captured.learn(answer);
  return { ...step, body: answer };
}

/**
 * Carries out the effects of a step and answers its questions, until it has none.
 * @param {Exchange} exchange @param {Store} store @param {Step} step @param {number} now @returns {Step}
 */
function resolved(exchange, store, step, now) {
  if (!ALONE) return store.resolve(exchange, step, now);
  takeBack(step.refund ?? []);
  finish(step.finished ?? []);
  write(step.writes ?? []);
  if (step.end) close(step.end, now);
  if (step.next !== "ask") return step;
  // A program has no approvals without a store.
  const next = step.approvals ? store.resolveApprovals(exchange, step, now) : exchange.feed(answered(step, now), now);
  return resolved(exchange, store, next, now);
}

/** @param {Extract<Step, { next: "ask" }>} step @param {number} now @returns {Event} */
function answered(step, now) {
  if (step.lookup) return { type: "found", values: lookup(step.lookup) };
  if (step.open) return { type: "opened", opening: open(step.open, now) };
  if (step.reserve) return { type: "reserved", reservation: reserve(step.reserve, now) };
  throw new Error("approvals need a store");
}

/**
 * The response as a client gets it.
 * @param {Exchange} exchange @param {Store} store @param {Respond & { sentTo: string | null }} respond @param {Arrival} arrival @param {number} now
 */
function received(exchange, store, { status, headers, body, sentTo }, arrival, now) {
  /** @type {string | undefined} */
  let problem;
  /** @param {Event} event */
  const report = (event) => {
    const step = resolved(exchange, store, exchange.feed(event, now), now);
    if (step.audit?.startsWith('{"v":1,"event":"response"')) problem ??= step.audit;
    return step;
  };
  const sent = report({ type: "sentTo", cluster: sentTo });
  const head = sent.next === "reply" ? sent : report({ type: "responseHead", status, headers, endOfStream: false });
  if (head.next === "reply") {
    return { reply: head.status, body: Buffer.from(head.body).toString("latin1"), problem };
  }
  /** @type {Uint8Array[]} */
  const pieces = [];
  let broken = head.next !== "forward";
  /** @type {Event[]} */
  const rest = [...events(Buffer.from(body, "latin1"), { pieces: arrival.response, trailers: false })].map((event) =>
    event.type === "body" ? { ...event, type: "responseBody" } : event,
  );
  if (arrival.responseTrailers) rest.push({ type: "responseTrailers" });
  for (const event of rest) {
    if (broken) break;
    const step = report(event);
    if (step.next === "replaceBody") pieces.push(step.bytes);
    else if (step.next !== "forward") broken = true;
    else if (event.type === "responseBody") pieces.push(event.bytes);
  }
  const { removeHeaders, setHeaders } = head;
  return { removeHeaders, setHeaders, body: Buffer.concat(pieces).toString("latin1"), broken, problem };
}

/** @param {Buffer} body @param {Pick<Arrival, "pieces" | "trailers">} arrival @returns {Iterable<Event>} */
function* events(body, { pieces, trailers }) {
  let start = 0;
  for (const [length, end] of pieces) {
    yield { type: "body", bytes: body.subarray(start, (start += length)), endOfStream: end };
  }
  if (trailers) yield { type: "trailers" };
}

await playAll(play);
