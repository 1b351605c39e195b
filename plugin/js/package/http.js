// Turns HTTP requests, piece by piece, into verdicts of a policy, and their responses into those that the client may see.
//
// It knows no server and no framework, and passes nothing on: its caller passes on what it returns and nothing else.
import { Exchange, Policy, unavailable } from "mcp-policy";
import { attempt, then, Turns, within } from "./awaitable.js";
import { HeldBytes } from "./held.js";
import { HeldReplies } from "./hold.js";
import { memoryCounters } from "./memory.js";
import { contextOf, settings } from "./settings.js";
import { settle } from "./settle.js";

/**
 * @typedef {import("./http.d.ts").GatewayOptions} GatewayOptions
 * @typedef {import("./http.d.ts").RequestContext} RequestContext
 * @typedef {import("./http.d.ts").Pass} Pass
 * @typedef {import("./http.d.ts").Refuse} Refuse
 * @typedef {import("./http.d.ts").HeadPass} HeadPass
 * @typedef {import("mcp-policy").Step} Step
 * @typedef {import("mcp-policy").Event} Event
 * @typedef {import("./settings.js").Settings} Settings
 * @typedef {{ held: HeldBytes<HttpExchange>, replies: HeldReplies }} Shared what the exchanges of a gateway share
 */
/** @template T @typedef {import("./http.d.ts").Awaitable<T>} Awaitable */

/** @type {Event} */
const UNSENT = { type: "delivery", delivery: "unsent" };
/** @type {Event} */
const CLOSED = { type: "closed" };

/** A policy, its counters and its log. */
export class Gateway {
  #settings;
  /** @type {Shared} */
  #shared;

  /** @param {Policy} policy @param {GatewayOptions} [options] */
  constructor(policy, options = {}) {
    if (!(policy instanceof Policy)) throw new TypeError("`policy` is not a Policy: make one with Policy.parse");
    this.policy = policy;
    this.#settings = settings(options, () => memoryCounters(policy));
    this.#shared = { held: new HeldBytes(policy.maxHeldBytes), replies: new HeldReplies(this.#settings) };
  }

  /** @param {RequestContext} [context] */
  exchange(context = {}) {
    return new HttpExchange(this, this.#settings, this.#shared, context);
  }

  /** @param {unknown} error */
  report(error) {
    // Nobody else can be told about an error of `onError`.
    void attempt(() => this.#settings.onError(error), () => undefined);
  }

  /** @param {unknown} error @returns {Refuse} */
  failed(error) {
    this.report(error);
    return refusal(unavailable());
  }
}

/** @param {import("mcp-policy").Reply} reply @returns {Refuse} */
const refusal = ({ status, headers, body }) => ({ passes: false, status, headers, body });

/** One request and its response. */
export class HttpExchange {
  #gateway;
  #settings;
  #shared;
  #context;
  #turns = new Turns();
  /** @type {Exchange | undefined} */
  #exchange;
  /** The work on the last step. It uses the exchange until it is done. @type {Awaitable<unknown>} */
  #work;
  /** The pieces of the request's body. @type {Uint8Array[]} */
  #pieces = [];
  /** The answer in the place of the server's. @type {Refuse | undefined} */
  #refused;
  /** The policy passes the request, and its caller knows it. */
  #passed = false;
  #told = false;
  #over = false;
  /** Nobody waits for the work on the last step any more. */
  #failed = false;
  /** The name under which it holds bytes. */
  #caller = "";

  /** @param {Gateway} gateway @param {Settings} settings @param {Shared} shared @param {RequestContext} context */
  constructor(gateway, settings, shared, context) {
    this.#gateway = gateway;
    this.#settings = settings;
    this.#shared = shared;
    this.#context = context;
  }

  get caller() {
    return this.#caller || undefined;
  }

  /** @param {readonly string[]} headers @param {boolean} endOfStream @returns {Awaitable<Pass | Refuse | undefined>} */
  begin(headers, endOfStream) {
    return this.#judging(() => {
      if (this.#exchange) throw new Error("an exchange begins once");
      const { policy } = this.#gateway;
      const context = contextOf(policy, this.#context, this.#settings.counters.seed);
      const exchange = new Exchange(policy);
      this.#exchange = exchange;
      const step = exchange.begin(named(headers), endOfStream, context, this.#settings.now());
      this.#caller = exchange.caller ?? "";
      return step;
    });
  }

  /** @param {Uint8Array} bytes @returns {Awaitable<Refuse | undefined>} */
  body(bytes) {
    // The server gets the bytes that were judged, also where the program uses its buffer again.
    const piece = new Uint8Array(bytes);
    const verdict = this.#judging(() => {
      this.#pieces.push(piece);
      return this.#fed({ type: "body", bytes: piece, endOfStream: false });
    });
    return /** @type {Awaitable<Refuse | undefined>} */ (verdict);
  }

  /** @returns {Awaitable<Pass | Refuse>} */
  end() {
    const verdict = this.#judging(() => this.#fed({ type: "body", bytes: new Uint8Array(), endOfStream: true }));
    return then(verdict, (verdict) => verdict ?? this.#fail(new Error("a whole request has no verdict")));
  }

  /** @param {readonly string[]} headers @param {Uint8Array} [body] @returns {Awaitable<Pass | Refuse>} */
  judge(headers, body) {
    return then(this.begin(headers, body === undefined), (verdict) => {
      if (verdict) return verdict;
      return then(body?.length ? this.body(body) : undefined, (verdict) => verdict ?? this.end());
    });
  }

  /** @param {number} status @param {readonly string[]} headers @param {boolean} endOfStream @returns {Awaitable<HeadPass | Refuse>} */
  responseHead(status, headers, endOfStream) {
    return this.#turn(() => {
      const step = this.#responded({ type: "responseHead", status, headers, endOfStream });
      return then(step, (step) => {
        if (step.next === "reply") return this.#refuse(refusal(step));
        if (step.next !== "forward") throw new Error(`the head of a response has the step ${step.next}`);
        const { removeHeaders, setHeaders } = step;
        return { passes: /** @type {const} */ (true), removeHeaders, setHeaders };
      });
    }, (refused) => refused);
  }

  /** @param {Uint8Array} bytes @param {boolean} endOfStream @returns {Awaitable<Uint8Array | null>} */
  responseBody(bytes, endOfStream) {
    return this.#turn(() => {
      const step = this.#responded({ type: "responseBody", bytes, endOfStream });
      return then(step, (step) => {
        if (step.next === "replaceBody") return step.bytes;
        if (step.next === "forward") return bytes;
        if (step.next !== "reply") throw new Error(`a piece of a response has the step ${step.next}`);
        this.#refuse(refusal(step));
        return null;
      });
    }, () => null);
  }

  /** @param {"unsent"} [delivery] */
  close(delivery) {
    if (this.#over) return;
    this.#over = true;
    this.#shared.replies.release(this);
    void this.#turns.run(() => {
      const unsent = delivery === "unsent" || !this.#told;
      const events = this.#passed ? [...(unsent ? [UNSENT] : []), CLOSED] : [];
      return this.#finish(events, (error) => this.#gateway.report(error));
    });
  }

  /**
   * Takes its turn. Where the exchange is over, or fails, the result is that of `ended`.
   * @template T @param {() => Awaitable<T>} work @param {(refused: Refuse) => T} ended @returns {Awaitable<T>}
   */
  #turn(work, ended) {
    return this.#turns.run(() => {
      if (this.#over) return ended(this.#gone());
      const result = attempt(work, (error) => ended(this.#fail(error)));
      return then(result, (result) => (this.#over && !this.#refused ? ended(this.#gone()) : result));
    });
  }

  /** The answer after the end: nobody gets it, unless it is the refusal of the request. */
  #gone() {
    return (this.#refused ??= refusal(unavailable()));
  }

  /** @param {() => Step} feed @returns {Awaitable<Pass | Refuse | undefined>} */
  #judging(feed) {
    const verdict = this.#turn(() => then(this.#settled(feed()), (step) => this.#verdict(step)), (refused) => refused);
    return then(verdict, (verdict) => {
      this.#told ||= verdict?.passes === true;
      return verdict;
    });
  }

  /** @param {Step} step @returns {Awaitable<Pass | Refuse | undefined>} */
  #verdict(step) {
    if (step.next === "needMore") return undefined;
    if (step.next === "reply") {
      this.#pieces = [];
      return then(this.#shared.replies.hold(this, step.hold), () => this.#refuse(refusal(step)));
    }
    if (step.next !== "forward" && step.next !== "forwardBody") throw new Error(`a request has the step ${step.next}`);
    const body = step.next === "forwardBody" ? step.bytes : joined(this.#pieces);
    this.#pieces = [];
    this.#passed = true;
    return { passes: true, removeHeaders: step.removeHeaders, setHeaders: step.setHeaders, body };
  }

  /** @param {Event} event */
  #fed(event) {
    if (!this.#exchange) throw new Error("the exchange has not begun");
    return this.#exchange.feed(event, this.#settings.now());
  }

  /** Feeds an event of the response, within the room for held bytes. @param {Event} event @returns {Awaitable<Step>} */
  #responded(event) {
    const { held } = this.#shared;
    this.#exchange?.holdAtMost(held.room(this, this.#caller));
    const step = this.#fed(event);
    held.set(this, this.#caller, this.#exchange?.heldBytes ?? 0);
    for (let dropped = held.excess(); dropped; dropped = held.excess()) dropped.#exchange?.dropHeld();
    return this.#settled(step);
  }

  /** Lets the counters and services answer, and logs. @param {Step} step @returns {Awaitable<Step>} */
  #settled(step) {
    if (!this.#exchange) throw new Error("the exchange has not begun");
    const work = settle(this.#exchange, step, this.#settings, () => this.#failed);
    this.#work = work;
    return within(work, this.#settings.timeout, "the counters, a service or the log");
  }

  /** The policy has refused the request or the response. @param {Refuse} refused */
  #refuse(refused) {
    this.#refused = refused;
    this.#over = true;
    void this.#finish([], () => undefined);
    return refused;
  }

  /** Reports a failure. Of a request that passes the policy, nothing was passed on unless its caller knows. @param {unknown} error */
  #fail(error) {
    const refused = (this.#refused ??= this.#gateway.failed(error));
    if (this.#over) return refused;
    this.#over = true;
    this.#failed = true;
    void this.#finish(this.#told ? [CLOSED] : [UNSENT, CLOSED], () => undefined);
    return refused;
  }

  /**
   * Reports the last events, after the work on the last step, and frees the exchange, once.
   * @param {Event[]} events @param {(error: unknown) => void} failed @returns {Awaitable<void>}
   */
  #finish(events, failed) {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#pieces = [];
    this.#shared.held.set(this, this.#caller, 0);
    if (!exchange) return;
    const report = (/** @type {Event} */ event) => settle(exchange, exchange.feed(event, this.#settings.now()), this.#settings, () => false);
    const reported = events.reduce(
      (/** @type {Awaitable<unknown>} */ before, event) => then(before, () => attempt(() => report(event), failed)),
      attempt(() => this.#work, () => undefined),
    );
    return then(reported, () => exchange.free());
  }
}

/** The header fields with an id, by which a refusal is found in the log. @param {readonly string[]} headers */
function named(headers) {
  const has = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === "x-request-id");
  // A page without TLS has no `randomUUID`.
  const id = has ? undefined : globalThis.crypto?.randomUUID?.();
  return id === undefined ? headers : [...headers, "x-request-id", id];
}

/** @param {Uint8Array[]} pieces */
function joined(pieces) {
  const [first] = pieces;
  if (pieces.length === 1 && first) return first;
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let length = 0;
  for (const piece of pieces) {
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes;
}
