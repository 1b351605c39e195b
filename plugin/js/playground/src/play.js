// Turns a policy and requests into decisions, with every rule that the engine looked at.
//
// It is the gateway: it counts in a map of its own, and never waits or asks a server.

import { Exchange, Policy } from "mcp-policy";
import { memoryCounters } from "mcp-policy/memory";

/** @typedef {import("mcp-policy").Step} Step */
/** @typedef {import("mcp-policy").Event} Event */
/** @typedef {import("./call.js").Request} Request */

/**
 * The decision about a request.
 * @typedef {object} Played
 * @property {boolean} passes
 * @property {number | undefined} status the HTTP status of the answer to a refused client
 * @property {Record<string, string>} headers those of that answer, or those set for the server
 * @property {string[]} removed the headers that the server does not get
 * @property {string} body that of the answer, or the edited body for the server
 * @property {string} reason
 * @property {string | undefined} rule the rule that refused, as a JSON Pointer
 * @property {string} message the sentence of the refusal
 * @property {string} caller
 * @property {string[]} shadow rules in shadow mode that would have refused
 * @property {import("mcp-policy").RuleTrace[]} rules
 * @property {string[]} audit lines of the log
 * @property {{ status: number, body: string, isSame: boolean } | undefined} response the server's response as the client gets it
 * @property {boolean} asksService the policy asks a service, which is not there
 */

/** Keys of approvals for any name: calls that wait for a person are seen to wait. */
const KEY = "a key of the playground, which is no secret";
const DECODER = new TextDecoder();
const NOTHING = new Uint8Array();

/** The names of keys that a policy's approvals need, each with a key. @param {string} text */
function environment(text) {
  try {
    const keys = JSON.parse(text).approvals?.keys;
    return Object.fromEntries((Array.isArray(keys) ? keys : []).map((name) => [String(name), KEY]));
  } catch {
    return {};
  }
}

/** A gateway with one policy and counts of its own. */
export class Gateway {
  /** Throws the `PolicyError` of an invalid policy. @param {string} text */
  constructor(text) {
    this.policy = Policy.parse(new TextEncoder().encode(text), environment(text));
    this.counters = memoryCounters(this.policy);
  }

  /** @param {Request} request @returns {Played} */
  play(request) {
    const exchange = new Exchange(this.policy);
    const play = new Play(this.counters, exchange, request.now);
    try {
      return play.request(request);
    } finally {
      exchange.free();
    }
  }

  free() {
    this.policy.free();
  }
}

/** One exchange. */
class Play {
  /** @type {string[]} */
  audit = [];
  asksService = false;

  /** @param {import("mcp-policy/memory").MemoryCounters} counters @param {Exchange} exchange @param {number} now */
  constructor(counters, exchange, now) {
    this.counters = counters;
    this.exchange = exchange;
    this.now = now;
  }

  /** @param {Event} event */
  feed(event) {
    return this.settle(this.exchange.feed(event, this.now));
  }

  /** Answers the questions of a step. A service that the policy asks is not there. @param {Step} given @returns {Step} */
  settle(given) {
    const step = this.counters.resolve(this.exchange, given, this.now);
    if (step.audit) this.audit.push(step.audit);
    if (step.next !== "ask") return step;
    this.asksService = true;
    return this.feed({ type: "serviceAnswer", body: null });
  }

  /** @param {Request} request @returns {Played} */
  request({ headers, body, peer, verified, cluster, response }) {
    const context = { peer, verified, cluster, seed: this.counters.seed, explain: true };
    const first = this.settle(this.exchange.begin(headers, body === undefined, context, this.now));
    const step = first.next === "needMore" ? this.feed({ type: "body", bytes: body ?? NOTHING, endOfStream: true }) : first;
    const caller = this.exchange.caller ?? "";
    const passes = step.next === "forward" || step.next === "forwardBody";
    const received = passes && response ? this.respond(response, cluster) : undefined;
    if (passes) this.feed({ type: "closed" });
    const { reason = "", rule, message = "", shadow = [] } = this.audit[0] ? JSON.parse(this.audit[0]) : {};
    return {
      passes,
      status: step.next === "reply" ? step.status : undefined,
      headers: step.next === "reply" ? step.headers : { ...first.setHeaders, ...step.setHeaders },
      removed: [...new Set([...first.removeHeaders, ...step.removeHeaders])],
      body: step.next === "reply" ? DECODER.decode(step.body) : step.next === "forwardBody" ? DECODER.decode(step.bytes) : "",
      reason, rule, message, caller,
      shadow: shadow.map((/** @type {{ rule: string }} */ { rule }) => rule),
      rules: step.trace ?? first.trace ?? [],
      audit: this.audit,
      response: received,
      asksService: this.asksService,
    };
  }

  /** The response as the client gets it. @param {NonNullable<Request["response"]>} response @param {string | undefined} cluster */
  respond({ status, headers, body }, cluster) {
    const told = this.feed({ type: "sentTo", cluster: cluster ?? null });
    const head = told.next === "reply" ? told : this.feed({ type: "responseHead", status, headers, endOfStream: false });
    if (head.next === "reply") return { status: head.status, body: DECODER.decode(head.body), isSame: false };
    const rest = this.feed({ type: "responseBody", bytes: body, endOfStream: true });
    const bytes = rest.next === "replaceBody" ? rest.bytes : rest.next === "forward" ? body : NOTHING;
    const text = DECODER.decode(bytes);
    return { status, body: text, isSame: rest.next === "forward" || text === DECODER.decode(body) };
  }
}
