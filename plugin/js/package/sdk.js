// Turns a transport of the MCP SDK for TypeScript into one with a policy: each request of the client becomes an exchange, and each
// message of the server a part of its response.
//
// It passes on no message that the policy did not judge, and what it passes on is read from the text that was judged.
import { unavailable } from "mcp-policy";
import { Turns } from "./awaitable.js";
import { Gateway } from "./http.js";
import { memoryCounters } from "./memory.js";
import { denial, event, message as parsed, messages, reading, repeated, version } from "./sdk_messages.js";
import { sourced } from "./settings.js";

/**
 * @typedef {import("./http.js").HttpExchange} HttpExchange
 * @typedef {import("./http.d.ts").Counters} Counters
 * @typedef {import("./http.d.ts").Refuse} Refuse
 * @typedef {import("./sdk.d.ts").GovernOptions} GovernOptions
 * @typedef {import("./sdk_messages.js").Id} Id
 * @typedef {import("./sdk_messages.js").Message} Message
 * @typedef {import("./sdk_messages.js").Reading} Reading
 * @typedef {import("./sdk.d.ts").Transport} Transport
 * @typedef {Transport & { hasPerRequestStream?: boolean, setSupportedProtocolVersions?: (versions: string[]) => void }} Inner a transport
 *   with the members of version 2
 * @typedef {(message: Message) => unknown} Send
 * @typedef {{ exchange: HttpExchange, id?: Id | undefined, began?: boolean, starts?: boolean, since: number, session?: string }} Open an
 *   exchange whose response is not complete
 */

/** The most requests without an answer, and the most messages that wait to be judged. */
const MOST_OPEN = 1024;
/** The most ids of requests that ended without their answer. */
const MOST_UNCLEAR = 4096;
const IN_USE = { jsonrpc: "2.0", error: { code: -32600, message: "The id of this request belongs to another request under way. Use another id." } };

/** @type {typeof import("./sdk.d.ts").governTransport} */
export function governTransport(transport, policy, options) {
  const { side } = options;
  if (side !== "server" && side !== "client") throw new TypeError(`\`options.side\` is neither "server" nor "client": ${side}`);
  return new Governed(transport, policy, options);
}

/** @implements {Transport} */
class Governed {
  /** @type {Transport["onclose"]} */
  onclose;
  /** @type {Transport["onerror"]} */
  onerror;
  /** @type {Transport["onmessage"]} */
  onmessage;
  /** @type {Inner} */
  #inner;
  #gate;
  #isServer;

  /** @param {Transport} inner @param {import("mcp-policy").Policy} policy @param {GovernOptions} options */
  constructor(inner, policy, options) {
    this.#inner = inner;
    this.#isServer = options.side === "server";
    this.#gate = new Gate(this.#inner, policy, options, (error) => this.#failed(error));
  }

  async start() {
    const inner = this.#inner;
    const { onclose, onerror } = inner;
    let closed = false;
    inner.onclose = () => {
      if (closed) return;
      closed = true;
      this.#gate.close();
      onclose?.();
      this.onclose?.();
    };
    inner.onerror = (error) => {
      onerror?.(error);
      this.onerror?.(error);
    };
    inner.onmessage = (message, extra) => {
      const pass = (/** @type {Message} */ judged) => this.onmessage?.(judged, extra);
      const done = this.#isServer
        ? this.#gate.ofClient(message, { pass, answer: (answer) => inner.send(answer), extra })
        : this.#gate.ofServer(message, undefined, pass);
      done.catch((error) => this.#failed(error));
    };
    await inner.start();
  }

  /** @param {unknown} message @param {{ relatedRequestId?: Id }} [options] */
  send(message, options) {
    const pass = (/** @type {Message} */ judged) => this.#inner.send(judged, options);
    return this.#isServer
      ? this.#gate.ofServer(message, options?.relatedRequestId, pass)
      : this.#gate.ofClient(message, { pass, answer: (answer) => this.onmessage?.(answer), extra: undefined });
  }

  close() {
    return this.#inner.close();
  }

  get sessionId() {
    return this.#inner.sessionId;
  }

  get hasPerRequestStream() {
    return this.#inner.hasPerRequestStream;
  }

  /** @param {string} version */
  setProtocolVersion(version) {
    this.#inner.setProtocolVersion?.(version);
  }

  /** @param {string[]} versions */
  setSupportedProtocolVersions(versions) {
    this.#inner.setSupportedProtocolVersions?.(versions);
  }

  /** @param {unknown} error */
  #failed(error) {
    this.onerror?.(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Counters that hold no answer for a person: it would hold up all messages after it. @param {Counters} counters @returns {Counters} */
const unheld = (counters) => ({
  get seed() {
    return counters.seed;
  },
  resolve: counters?.resolve && ((exchange, step, now) => counters.resolve(exchange, step, now)),
});

/** The exchanges of a connection, which judges one message after the other. */
class Gate {
  #inner;
  #policy;
  #gateway;
  #context;
  #headers;
  #now;
  #tell;
  /** The requests without an answer, by their ids as texts. @type {Map<string, Open>} */
  #open = new Map();
  /**
   * The ids of requests that ended without an answer, and until when it may come: nobody could tell it from that of a later request with
   * the id. @type {Map<string, number>}
   */
  #unclear = new Map();
  /** The stream of the server's messages that belong to no request. @type {Open | undefined} */
  #stream;
  #turns = new Turns();
  #waiting = 0;
  /** What the initialization agreed on. @type {string | undefined} */
  #version;
  /** @type {string | undefined} */
  #session;
  /** Of the client's last message. @type {unknown} */
  #extra;

  /** @param {Inner} inner @param {import("mcp-policy").Policy} policy @param {GovernOptions} options @param {(error: unknown) => void} tell */
  constructor(inner, policy, options, tell) {
    const { side, headers, verified, peer, cluster, counters = memoryCounters(policy), ...settings } = options;
    // The standard output may be the transport.
    const log = settings.log ?? ((/** @type {string} */ line) => console.error(line));
    const failed = (/** @type {unknown} */ error) => {
      console.error(error);
      tell(error);
    };
    this.#gateway = new Gateway(policy, { ...settings, counters: unheld(counters), log, onError: settings.onError ?? failed });
    this.#context = sourced(policy, { verified, peer, cluster });
    this.#inner = inner;
    this.#policy = policy;
    this.#headers = headers;
    this.#now = settings.now ?? Date.now;
    this.#tell = tell;
  }

  /**
   * Judges a message of the client, and passes it on or answers it.
   * @param {unknown} given @param {{ pass: Send, answer: Send, extra: unknown }} to
   */
  async ofClient(given, { pass, answer, extra }) {
    const read = reading(given);
    if (!read) return void this.#drop("A message of the client is no JSON-RPC message.");
    const { id, method = "an answer" } = read.message;
    const refuse = (/** @type {Message} */ denied) =>
      read.kind === "request" ? [this.#sent(() => answer({ ...denied, id: /** @type {Id} */ (id) }))] : this.#drop(`The policy refused ${method} of the client.`);
    const judge = async () => {
      this.#extra = extra;
      const judged = await this.#asked(read, extra);
      return "passes" in judged ? [this.#sent(() => pass(judged.passes), read.kind === "request" ? id : undefined)] : refuse(judged.denied);
    };
    await this.#inTurn(judge, () => refuse(denial(unavailable())));
  }

  /**
   * Judges a message of the server, and passes on what may be passed on.
   * @param {unknown} given @param {Id | undefined} related the request that it belongs to @param {Send} pass
   */
  async ofServer(given, related, pass) {
    const read = reading(given);
    if (!read) return void this.#drop("A message of the server is no JSON-RPC message.");
    const answers = read.kind === "answer";
    const judge = async () => {
      const id = answers ? read.message.id : related;
      const asked = id === undefined ? undefined : this.#open.get(String(id));
      const open = asked ?? (answers ? undefined : await this.#ofNoRequest());
      if (answers) this.#unclear.delete(String(id));
      if (!open) return this.#drop(answers ? "The server answered no request." : "The policy admits no stream of the server.");
      const judged = await this.#fed(open, read, answers).catch((error) => {
        this.#gateway.report(error);
        return this.#broken(open, unavailable());
      });
      if (answers) {
        this.#end(open.id);
        this.#unclear.delete(String(open.id));
      }
      if (judged.length === 0) return this.#drop("The policy refused a message of the server.");
      return judged.map((message) => this.#sent(() => pass(message)));
    };
    await this.#inTurn(judge, () => this.#drop("A message of the server could not be judged."));
  }

  /** The connection has ended. */
  close() {
    void this.#turns.run(async () => {
      for (const { id } of [...this.#open.values()]) this.#end(id);
      this.#stream?.exchange.close();
      this.#stream = undefined;
    });
  }

  /**
   * Runs a part of the work after all before it, or `refuse` where too much waits or the work fails. It waits for what was sent without
   * holding up the next part.
   * @param {() => Promise<Promise<void>[]>} judge @param {() => Promise<void>[]} refuse
   */
  async #inTurn(judge, refuse) {
    if (this.#waiting >= MOST_OPEN) return void (await Promise.all(refuse()));
    this.#waiting++;
    const failed = (/** @type {unknown} */ error) => {
      this.#gateway.report(error);
      return refuse();
    };
    const turn = () => Promise.resolve().then(judge).catch(failed).finally(() => void this.#waiting--);
    await Promise.all(await this.#turns.run(turn));
  }

  /** Sends; a request that could not be sent is over. @param {() => unknown} send @param {Id} [id] */
  async #sent(send, id) {
    try {
      await send();
    } catch (error) {
      this.#end(id);
      throw error;
    }
  }

  /** A message that does not arrive. @param {string} why @returns {never[]} */
  #drop(why) {
    this.#tell(new Error(why));
    return [];
  }

  /** The message of the client that passes, or its denial. @param {Reading} read @param {unknown} extra @returns {Promise<{ passes: Message } | { denied: Message }>} */
  async #asked({ kind, text, message }, extra) {
    const { id, method } = message;
    this.#forget();
    if (kind === "request") {
      if (this.#open.has(String(id)) || this.#unclear.has(String(id))) return { denied: IN_USE };
      if (this.#open.size >= MOST_OPEN || this.#unclear.size >= MOST_UNCLEAR) return { denied: denial(unavailable()) };
    }
    const exchange = this.#gateway.exchange(await this.#context(extra));
    const headers = [":method", "POST", "content-type", "application/json", ...this.#sentHeaders(extra), ...repeated(message, this.#version)];
    const verdict = await exchange.judge(headers, new TextEncoder().encode(text));
    if (!verdict.passes) return { denied: denial(verdict) };
    const passes = parsed(verdict.body);
    if (kind === "request") this.#open.set(String(id), { id, exchange, starts: method === "initialize", since: this.#now() });
    else {
      // A notification or an answer of the client has no response.
      await exchange.responseHead(202, [], true);
      exchange.close();
    }
    if (method === "notifications/cancelled") this.#end(message.params?.requestId);
    return { passes };
  }

  /** The stream of a GET, on which a server sends what belongs to no request. */
  async #ofNoRequest() {
    if (this.#stream) return this.#stream;
    const exchange = this.#gateway.exchange(await this.#context(this.#extra));
    const verdict = await exchange.judge([":method", "GET", ...this.#sentHeaders(this.#extra), ...version(this.#version)]);
    if (verdict.passes) this.#stream = { exchange, since: this.#now() };
    return this.#stream;
  }

  /** @param {unknown} extra */
  #sentHeaders(extra) {
    const session = this.#session ?? this.#inner.sessionId;
    const more = this.#headers?.(extra) ?? [];
    return ["accept", "application/json, text/event-stream", ...(session === undefined ? [] : ["mcp-session-id", session]), ...more];
  }

  /**
   * The messages that go on in place of one of the server. The last one is the answer to the request.
   * @param {Open} open @param {Reading} read @param {boolean} last
   */
  async #fed(open, { text, message }, last) {
    const refused = open.began ? undefined : await this.#begin(open);
    if (refused) return this.#broken(open, refused);
    const bytes = event(text);
    const passed = await open.exchange.responseBody(bytes, last);
    if (!passed) return this.#broken(open, unavailable());
    const judged = passed === bytes ? [message] : messages(passed);
    if (!last) return judged;
    const answer = judged.find(({ method, id }) => method === undefined && String(id) === String(open.id));
    if (!answer) return [...judged, ...this.#broken(open, unavailable())];
    if (open.starts && answer.result) {
      this.#version = answer.result.protocolVersion;
      this.#session = open.session;
    }
    return judged;
  }

  /** The head of a response, before its first message. @param {Open} open @returns {Promise<Refuse | undefined>} */
  async #begin(open) {
    open.began = true;
    // Without a session of the transport, the connection is one.
    if (open.starts) open.session = this.#inner.sessionId ?? crypto.randomUUID();
    const session = open.session ? ["mcp-session-id", open.session] : [];
    const head = await open.exchange.responseHead(200, ["content-type", "text/event-stream", ...session], false);
    return head.passes ? undefined : head;
  }

  /** The end of a response that cannot go on: the answer to its request. @param {Open} open @param {Parameters<typeof denial>[0]} refusal */
  #broken(open, refusal) {
    if (open === this.#stream) {
      open.exchange.close();
      this.#stream = undefined;
      return [];
    }
    this.#end(open.id);
    return [{ ...denial(refusal), id: /** @type {Id} */ (open.id) }];
  }

  /** Ends a request; without its answer, the id is unclear for the longest call. @param {unknown} id */
  #end(id) {
    if (typeof id !== "string" && typeof id !== "number") return;
    const open = this.#open.get(String(id));
    if (!open) return;
    this.#open.delete(String(id));
    this.#unclear.set(String(id), this.#now() + this.#policy.longestCall);
    open.exchange.close();
  }

  /** Requests that nobody will answer any more: an id is not kept for longer than the longest call. */
  #forget() {
    const now = this.#now();
    for (const [id, until] of this.#unclear) {
      if (until > now) break;
      this.#unclear.delete(id);
    }
    for (const { id, since } of [...this.#open.values()]) {
      if (now - since < this.#policy.longestCall) break;
      this.#end(id);
    }
  }
}
