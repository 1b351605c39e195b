// Plays cases in the package: turns one line of JSON for each case into a line with the outcomes. With the argument `alone`
// this program counts, without a store; with `redis` or `ioredis` a Redis does, through that client.
//
// It uses the package as a gateway would, and does not know the expected outcomes.
import { Exchange, Policy, Store } from "mcp-policy";
import { redisCounters } from "mcp-policy/redis";
import { Captured, given, Memory, parsed, playAll } from "./cases.js";
import { CLIENTS, started } from "./redis-server.js";
import { close, counters, finish, ids, lookup, open, reserve, takeBack, values, write } from "./reserve.js";

/**
 * @typedef {import("./cases.js").Case} Case
 * @typedef {import("./cases.js").Request} Request
 * @typedef {import("./cases.js").Respond} Respond
 * @typedef {import("./cases.js").Arrival} Arrival
 * @typedef {import("mcp-policy").Event} Event
 * @typedef {import("mcp-policy").Step} Step
 */

/** @typedef {{ seed: Uint8Array, resolve: (exchange: Exchange, step: Step, now: number) => Step | Promise<Step> }} Counts */

const MODE = process.argv[2] ?? "store";
const redis = MODE === "redis" || MODE === "ioredis" ? await started() : undefined;
const connection = redis && (await CLIENTS[/** @type {keyof typeof CLIENTS} */ (MODE)](redis.port));
const client = connection?.client;

/** @param {Case} given */
async function play({ policy: text, steps, arrivals }) {
  const policy = parsed(text);
  if (!(policy instanceof Policy)) return policy;
  const anew = client ? inRedis(policy, client) : inMaps(policy);
  const verdicts = [];
  for (const whole of arrivals) {
    const counts = await anew();
    const captured = new Captured();
    const all = [];
    for (const [index, arrival] of whole.entries()) {
      all.push(await seen(policy, counts, /** @type {Request} */ (steps[index]), arrival, captured));
    }
    verdicts.push(all);
  }
  return { verdicts };
}

/** Empties what a store or this program counts in. @param {Policy} policy @returns {() => Counts} */
function inMaps(policy) {
  const memory = new Memory();
  const store = new Store(policy, memory);
  const empty = memory.cells;
  return () => {
    memory.cells = new Map(empty);
    counters.clear();
    values.clear();
    ids.clear();
    return MODE === "alone" ? { seed: store.seed, resolve: (exchange, step, now) => alone(exchange, store, step, now) } : store;
  };
}

/** @param {Policy} policy @param {import("mcp-policy/redis").RedisClient} client @returns {() => Promise<Counts>} */
function inRedis(policy, client) {
  return async () => {
    await ("call" in client ? client.call("FLUSHALL") : client.sendCommand(["FLUSHALL"]));
    return redisCounters(policy, client, { timeout: 20_000 });
  };
}

/** @param {Policy} policy @param {Counts} counts @param {Request} unfilled @param {Arrival} whole @param {Captured} captured */
async function seen(policy, counts, unfilled, whole, captured) {
  const { request, arrival } = captured.request(unfilled, whole);
  const { headers, body, peer, verified, cluster, sentTo, now, respond } = request;
  const exchange = new Exchange(policy);
  const carryOut = async (/** @type {Step} */ step) => counts.resolve(exchange, step, now);
  let step = await carryOut(exchange.begin(headers, arrival.end, { peer, verified: given(verified), cluster: cluster ?? undefined, seed: counts.seed }, now));
  for (const event of events(Buffer.from(body, "latin1"), arrival)) {
    if (step.next !== "needMore") break;
    step = await carryOut(exchange.feed(event, now));
  }
  const passes = step.next === "forward" || step.next === "forwardBody";
  const response = passes && respond ? await received(exchange, carryOut, { ...respond, sentTo }, arrival, now) : undefined;
  if (passes) await carryOut(exchange.feed({ type: "closed" }, now));
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
function alone(exchange, store, step, now) {
  takeBack(step.refund ?? []);
  finish(step.finished ?? []);
  write(step.writes ?? []);
  if (step.end) close(step.end, now);
  if (step.next !== "ask") return step;
  // A program has no approvals without a store.
  const next = step.approvals ? store.resolveApprovals(exchange, step, now) : exchange.feed(answered(step, now), now);
  return alone(exchange, store, next, now);
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
 * @param {Exchange} exchange @param {(step: Step) => Promise<Step>} carryOut @param {Respond & { sentTo: string | null }} respond
 * @param {Arrival} arrival @param {number} now
 */
async function received(exchange, carryOut, { status, headers, body, sentTo }, arrival, now) {
  /** @type {string | undefined} */
  let problem;
  /** @param {Event} event */
  const report = async (event) => {
    const step = await carryOut(exchange.feed(event, now));
    if (step.audit?.startsWith('{"v":1,"event":"response"')) problem ??= step.audit;
    return step;
  };
  const sent = await report({ type: "sentTo", cluster: sentTo });
  const head = sent.next === "reply" ? sent : await report({ type: "responseHead", status, headers, endOfStream: false });
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
    const step = await report(event);
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
connection?.end();
await redis?.end();
