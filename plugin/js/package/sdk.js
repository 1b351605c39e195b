// Turns a transport of the MCP SDK for TypeScript into one with a policy: each request of the client becomes an exchange, and each
// message of the server a part of its response.
//
// It passes on no message that the policy did not judge, and what it passes on is read from the text that was judged.
import { Exchange, unavailable } from "mcp-policy";

/** The most requests without an answer, and the most messages that wait to be judged. */
const MOST_OPEN = 1024;
/** The most ids of requests that ended without their answer. */
const MOST_UNCLEAR = 4096;
const META_VERSION = "io.modelcontextprotocol/protocolVersion";
/** The first revision whose headers repeat the message. */
const REPEATS = "2026-07-28";
const IN_USE = { code: -32600, message: "The id of this request belongs to another request under way. Use another id." };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function governTransport(transport, policy, options) {
  const { side, counters } = options;
  if (side !== "server" && side !== "client") throw new TypeError(`\`side\` is neither "server" nor "client": ${side}`);
  if (typeof counters?.resolve !== "function") throw new TypeError("`counters` is neither a `Store` nor `redisCounters`");
  return new Governed(transport, policy, options);
}

class Governed {
  onclose;
  onerror;
  onmessage;
  #inner;
  #gate;
  #isServer;

  constructor(inner, policy, options) {
    this.#inner = inner;
    this.#isServer = options.side === "server";
    this.#gate = new Gate(inner, policy, options, (error) => this.onerror?.(error));
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
      const pass = (judged) => this.onmessage?.(judged, extra);
      const done = this.#isServer
        ? this.#gate.ofClient(message, { pass, answer: (answer) => inner.send(answer), extra })
        : this.#gate.ofServer(message, undefined, pass);
      done.catch((error) => this.onerror?.(error));
    };
    await inner.start();
  }

  send(message, options) {
    const pass = (judged) => this.#inner.send(judged, options);
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

  setProtocolVersion(version) {
    this.#inner.setProtocolVersion?.(version);
  }

  setSupportedProtocolVersions(versions) {
    this.#inner.setSupportedProtocolVersions?.(versions);
  }
}

/** The exchanges of a connection, which judges one message after the other. */
class Gate {
  #inner;
  #policy;
  #options;
  #report;
  /** The requests without an answer, by their ids as texts. @type {Map<string, Open>} */
  #open = new Map();
  /**
   * The ids of requests that ended without an answer, and until when it may come: nobody could tell it from that of a later request with
   * the id. @type {Map<string, number>}
   */
  #unclear = new Map();
  /** The stream of the server's messages that belong to no request. */
  #stream;
  #last = Promise.resolve();
  #waiting = 0;
  /** What the initialization agreed on. */
  #version;
  #session;
  /** Of the client's last message. */
  #extra;

  constructor(inner, policy, options, report) {
    this.#inner = inner;
    this.#policy = policy;
    this.#options = options;
    this.#report = report;
  }

  /** Judges a message of the client, and passes it on or answers it. */
  async ofClient(message, { pass, answer, extra }) {
    const read = reading(message);
    if (!read) return this.#refuse("A message of the client is no JSON-RPC message.");
    const { id, method } = read.message;
    const request = read.kind === "request";
    const refused = (error) => (request ? [answer({ jsonrpc: "2.0", id, error })] : this.#refuse(error.message));
    const judge = async () => {
      this.#extra = extra;
      this.#forget();
      if (request && (this.#open.has(String(id)) || this.#unclear.has(String(id)))) return refused(IN_USE);
      const full = this.#open.size >= MOST_OPEN || this.#unclear.size >= MOST_UNCLEAR;
      if (request && full) return refused(denial(unavailable()).error);
      const { exchange, step } = await this.#judged(read, extra);
      if (step.next !== "forward" && step.next !== "forwardBody") {
        return request ? [answer({ ...denial(step), id })] : this.#refuse(`The policy refused ${method ?? "an answer"} of the client.`);
      }
      const judged = step.next === "forwardBody" ? JSON.parse(decoder.decode(step.bytes)) : read.message;
      if (request) this.#open.set(String(id), { id, exchange, starts: method === "initialize", since: Date.now() });
      else await this.#accepted(exchange);
      if (method === "notifications/cancelled") await this.#end(String(read.message.params?.requestId));
      return [this.#sent(() => pass(judged), request ? String(id) : undefined)];
    };
    return this.#inTurn(judge, () => refused(denial(unavailable()).error));
  }

  /** Judges a message of the server, and passes on what may be passed on. `related` is the request that it belongs to. */
  async ofServer(message, related, pass) {
    const read = reading(message);
    if (!read) return this.#refuse("A message of the server is no JSON-RPC message.");
    const answers = read.kind === "answer";
    const judge = async () => {
      const id = answers ? read.message.id : related;
      const asked = id === undefined ? undefined : this.#open.get(String(id));
      const open = asked ?? (answers ? undefined : await this.#ofNoRequest());
      if (answers) this.#unclear.delete(String(id));
      if (!open) return this.#refuse(answers ? "The server answered no request." : "The policy admits no stream of the server.");
      const judged = await this.#fed(open, read, answers);
      if (answers) {
        await this.#end(String(open.id));
        this.#unclear.delete(String(open.id));
      }
      return judged.map((message) => this.#sent(() => pass(message)));
    };
    return this.#inTurn(judge, () => this.#refuse("Too many messages of the server wait."));
  }

  /** The connection has ended. */
  close() {
    const all = async () => {
      const ids = [...this.#open.keys()];
      for (const id of ids) await this.#end(id);
      if (this.#stream) await this.#closed(this.#stream.exchange);
      this.#stream = undefined;
      return [];
    };
    this.#inTurn(all).catch(this.#report);
  }

  /**
   * Runs a part of the work after all before it, or `full` where too much waits. It waits for what was sent without holding up the
   * next part.
   */
  async #inTurn(judge, full) {
    if (full && this.#waiting >= MOST_OPEN) return void (await Promise.all(full()));
    this.#waiting++;
    const turn = this.#last.then(judge);
    const over = () => void this.#waiting--;
    this.#last = turn.then(over, over);
    await Promise.all(await turn);
  }

  /** Sends; a request that could not be sent is over. */
  async #sent(send, id) {
    try {
      await send();
    } catch (error) {
      if (id !== undefined) await this.#end(id);
      throw error;
    }
  }

  #refuse(why) {
    this.#report(new Error(why));
    return [];
  }

  /** The verdict on a message of the client. Whatever fails refuses it. */
  async #judged({ text, message }, extra) {
    try {
      const exchange = new Exchange(this.#policy);
      const headers = [":method", "POST", "content-type", "application/json", ...this.#headers(extra), ...repeated(message, this.#version)];
      let step = exchange.begin(headers, false, this.#context(extra), Date.now());
      if (step.next === "needMore") step = exchange.feed({ type: "body", bytes: encoder.encode(text), endOfStream: true }, Date.now());
      return { exchange, step: await this.#resolved(exchange, step) };
    } catch (error) {
      this.#report(error);
      return { exchange: undefined, step: unavailable() };
    }
  }

  /** The stream of a GET, on which a server sends what belongs to no request. */
  async #ofNoRequest() {
    if (this.#stream) return this.#stream;
    try {
      const exchange = new Exchange(this.#policy);
      const headers = [":method", "GET", ...this.#headers(this.#extra), ...version(this.#version)];
      const step = await this.#resolved(exchange, exchange.begin(headers, true, this.#context(this.#extra), Date.now()));
      if (step.next === "forward") this.#stream = { exchange };
    } catch (error) {
      this.#report(error);
    }
    return this.#stream;
  }

  #headers(extra) {
    const session = this.#session ?? this.#inner.sessionId;
    const more = this.#options.headers?.(extra) ?? [];
    return ["accept", "application/json, text/event-stream", ...(session === undefined ? [] : ["mcp-session-id", session]), ...more];
  }

  #context(extra) {
    return { ...this.#options.context?.(extra), seed: this.#options.counters.seed };
  }

  async #resolved(exchange, step) {
    const resolved = await this.#options.counters.resolve(exchange, step, Date.now());
    const { log = console.error } = this.#options;
    if (resolved.audit && log) await log(resolved.audit);
    return resolved;
  }

  #event(exchange, event) {
    return this.#resolved(exchange, exchange.feed(event, Date.now()));
  }

  /** The messages that go on in place of one of the server. The last one is the answer to the request. */
  async #fed(open, { text, message }, last) {
    let judged;
    try {
      if (!open.began) await this.#begin(open);
      const bytes = encoder.encode(`data: ${text}\n\n`);
      const step = await this.#event(open.exchange, { type: "responseBody", bytes, endOfStream: last });
      if (step.next === "forward") judged = [message];
      else if (step.next === "replaceBody") judged = events(step.bytes);
      else return await this.#broken(open, step);
    } catch (error) {
      this.#report(error);
      return this.#broken(open, unavailable());
    }
    if (!last) return judged;
    const answer = judged.find(({ method, id }) => method === undefined && String(id) === String(open.id));
    if (open.starts && answer?.result) this.#version = answer.result.protocolVersion;
    if (open.starts && answer?.result) this.#session = open.session;
    return answer ? judged : [...judged, ...(await this.#broken(open, unavailable()))];
  }

  async #begin(open) {
    open.began = true;
    // Without a session of the transport, the connection is one.
    if (open.starts) open.session = this.#inner.sessionId ?? crypto.randomUUID();
    const session = open.session ? ["mcp-session-id", open.session] : [];
    const head = { type: "responseHead", status: 200, headers: ["content-type", "text/event-stream", ...session], endOfStream: false };
    const step = await this.#event(open.exchange, head);
    if (step.next !== "forward") throw new Error("The policy refused the head of a response.");
  }

  /** The end of a response that cannot go on: the answer to its request. */
  async #broken(open, step) {
    if (open === this.#stream) {
      await this.#closed(open.exchange);
      this.#stream = undefined;
      return [];
    }
    await this.#end(String(open.id));
    return [{ ...denial(step), id: open.id }];
  }

  /** A notification or an answer of the client has no response. */
  async #accepted(exchange) {
    try {
      await this.#event(exchange, { type: "responseHead", status: 202, headers: [], endOfStream: true });
    } catch (error) {
      this.#report(error);
    }
    await this.#closed(exchange);
  }

  /** Ends a request; without its answer, the id is unclear for the longest call. */
  async #end(id) {
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    this.#unclear.set(id, Date.now() + this.#policy.longestCall);
    await this.#closed(open.exchange);
  }

  async #closed(exchange) {
    try {
      await this.#event(exchange, { type: "closed" });
    } catch {
      // An exchange that has thrown is over.
    }
    exchange.free();
  }

  /** Requests that nobody will answer any more: an id is not kept for longer than the longest call. */
  #forget() {
    const now = Date.now();
    for (const [id, until] of this.#unclear) {
      if (until > now) break;
      this.#unclear.delete(id);
    }
    for (const [id, { since }] of this.#open) {
      if (now - since < this.#policy.longestCall) break;
      this.#end(id).catch(this.#report);
    }
  }
}

/** The kind of a message and its text, from which it is read again: nothing but the text was judged. */
function reading(message) {
  let text;
  try {
    // Readers of event streams may take these for ends of lines.
    text = JSON.stringify(message).replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  const has = (name) => Object.hasOwn(message, name);
  if (message === null || typeof message !== "object" || Array.isArray(message)) return undefined;
  if ([has("method"), has("result"), has("error")].filter(Boolean).length !== 1) return undefined;
  const named = typeof message.id === "string" || typeof message.id === "number";
  if (has("id") && !named) return undefined;
  if (!has("method")) return named ? { kind: "answer", text, message } : undefined;
  return { kind: named ? "request" : "notification", text, message };
}

function version(agreed) {
  return agreed === undefined ? [] : ["mcp-protocol-version", agreed];
}

/** The headers in which a message is repeated: those of its revision. */
function repeated({ method, params }, agreed) {
  const claimed = params?._meta?.[META_VERSION];
  if (typeof claimed !== "string" || claimed < REPEATS) return method === "initialize" ? [] : version(agreed);
  const kind = /^(resources|tasks)\//.exec(method)?.[1];
  const name = kind === "resources" ? params.uri : kind === "tasks" ? params.taskId : params.name;
  const named = typeof name === "string" ? ["mcp-name", `=?base64?${btoa(String.fromCharCode(...encoder.encode(name)))}?=`] : [];
  return [...version(claimed), "mcp-method", method, ...named];
}

/** The JSON-RPC answer in a refusal, without an id. */
function denial(step) {
  const read = ({ body }) => JSON.parse(decoder.decode(body));
  let answer = step.next === "reply" && String(step.headers["content-type"]).startsWith("application/json") ? read(step) : undefined;
  // A page, such as that of approvals, is no answer.
  if (answer?.result === undefined && answer?.error === undefined) answer = read(unavailable());
  const { result, error } = answer;
  return result === undefined ? { jsonrpc: "2.0", error } : { jsonrpc: "2.0", result };
}

/** The messages in the bytes of an event stream. */
function events(bytes) {
  const data = (event) => event.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
  return decoder.decode(bytes).split(/\r?\n\r?\n/).map((event) => data(event).join("\n")).filter((text) => text.trim() !== "").map((text) => JSON.parse(text));
}
