// A gateway that embeds the component, as `jco transpile` has turned it into JavaScript: HTTP/1.1 between callers and one MCP server.
//
//     node gateway.mjs engine/engine.js policy.json 8080 127.0.0.1:9000
//
// It never decides anything, and passes nothing on after an error.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, request as send } from "node:http";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [engine, document, port, upstream] = process.argv.slice(2);
if (!upstream) throw new Error("usage: gateway.mjs ENGINE POLICY PORT UPSTREAM");
// Fields of one connection, which a gateway does not pass on. The length is that of the body that it sends.
const OF_A_CONNECTION = ["connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
const { instantiate } = await import(pathToFileURL(resolve(engine)).href);
const dispose = Symbol.dispose ?? Symbol.for("dispose");
const now = () => BigInt(Date.now());

// The counts of the process. Gateways on several machines keep them in a store with a compare-and-swap instead. An exception
// here is an error of the interface: a call that must be counted is refused.
const cells = new Map();
const counts = {
  read: (key) => cells.get(key),
  compareAndSwap(key, bytes, version) {
    if (cells.get(key)?.version !== version) return false;
    cells.set(key, { bytes: bytes.slice(), version: ((version ?? 0) + 1) >>> 0 });
    return true;
  },
};

// Node runs one thread, so one instance serves all requests. Compiled modules are kept for the instance after a trap.
const modules = new Map();
function core(file) {
  const path = join(dirname(engine), file);
  if (!modules.has(path)) modules.set(path, new WebAssembly.Module(readFileSync(path)));
  return modules.get(path);
}

function start() {
  const { Policy, Store, Exchange } = instantiate(core, { "mcp-policy:engine/cells": counts }).engine;
  const policy = Policy.parse(readFileSync(document));
  const entropy = randomBytes(16);
  const store = Store.prepare(policy, "gateway", [entropy.readBigUInt64LE(0), entropy.readBigUInt64LE(8)]);
  return { Exchange, policy, store, seed: store.seed(), maxHeld: policy.maxHeldBytes(), trapped: false };
}

let instance;
try {
  instance = start();
} catch ({ payload, message }) {
  for (const error of payload ?? [{ message }]) console.error(`${error.pointer || "the document"}: ${error.message}`);
  process.exit(1);
}
/** The bytes of all responses that are held until a message is complete. */
let allHeld = 0n;

/** A request and its response. */
class Exchange {
  #held = 0n;
  #isClosed = false;

  constructor(request) {
    // The counts go on after a trap: they are in the cells.
    if (instance.trapped) instance = start();
    this.instance = instance;
    // A gateway that verifies tokens or client certificates reports them here, and never what a client only claims.
    const context = { peer: request.socket.remoteAddress, verified: {}, seed: instance.seed, explain: false };
    // By these of HTTP/2 a policy knows its servers.
    const pseudo = [":method", request.method, ":path", request.url, ":authority", request.headers.host ?? ""];
    const fields = headers([...pseudo, ...request.rawHeaders]);
    this.next = this.#call(({ Exchange, policy }) => {
      const [handle, step] = Exchange.begin(policy, fields, false, context, now());
      this.handle = handle;
      return this.#resolve(step);
    });
  }

  /** After any exception, the instance is not entered again. */
  #call(call) {
    if (this.instance.trapped) throw new Error("the instance trapped before");
    try {
      return call(this.instance);
    } catch (error) {
      this.instance.trapped = true;
      throw error;
    }
  }

  /** Lets the store count, and logs the decision. */
  #resolve(step) {
    const { next, effects } = this.instance.store.resolve(this.handle, step, now());
    for (const { tag, val } of effects) if (tag === "audit") console.log(val);
    return next;
  }

  /** Continues with an event of the request. */
  feed(tag, val) {
    this.next = this.#call(() => this.#resolve(this.handle.feed({ tag, val }, now())));
    return this.next;
  }

  /**
   * Continues with an event of the response, which may hold no more bytes than all other responses leave, and no more than a
   * quarter: one server cannot fill the memory.
   */
  feedResponse(tag, val) {
    const most = this.instance.maxHeld;
    const left = most - (allHeld - this.#held);
    const room = left < 0n ? 0n : left < most / 4n ? left : most / 4n;
    this.#call(() => this.handle.holdAtMost(room));
    const next = this.feed(tag, val);
    this.#hold(this.#call(() => this.handle.heldBytes()));
    return next;
  }

  #hold(held) {
    allHeld += held - this.#held;
    this.#held = held;
  }

  /** The exchange is over, in whichever way: without it, the id of the request stays in use. */
  close() {
    this.#hold(0n);
    if (this.instance.trapped || this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.feed("closed");
      this.#call(() => this.handle[dispose]());
    } catch {
      // The next exchange gets another instance.
    }
  }
}

/** Feeds the request until there is a verdict. The engine refuses a body beyond the policy's `max_request_bytes`, so no more is kept. */
async function judge(exchange, request) {
  const pieces = [];
  for await (const bytes of request) {
    // The rest of a refused body is read, or the client could not read the refusal.
    if (exchange.next.tag !== "need-more") continue;
    pieces.push(bytes);
    exchange.feed("body", { bytes, endOfStream: false });
  }
  if (exchange.next.tag === "need-more") exchange.feed("body", { bytes: new Uint8Array(), endOfStream: true });
  return Buffer.concat(pieces);
}

/** Sends the request to the server. */
function forward(exchange, request, response, body, edit) {
  const [host, port] = upstream.split(":");
  const fields = [...edited(request.rawHeaders, edit), "content-length", String(body.length)];
  const sent = send({ host, port, method: request.method, path: request.url, headers: fields, agent: false }, (answer) => {
    // A response that the policy did not see completely does not pass.
    pass(exchange, answer, response).catch((error) => fail(response, 503, error));
  });
  let hasConnected = false;
  sent.on("socket", (socket) => socket.on("connect", () => (hasConnected = true)));
  sent.on("error", (error) => {
    try {
      // A call that reached no server is refunded.
      if (!hasConnected && !response.destroyed) exchange.feedResponse("delivery", "unsent");
    } finally {
      fail(response, 502, error);
    }
  });
  response.on("close", () => sent.destroy());
  sent.end(body);
}

/** Passes the response on, piece by piece: an event stream flows event by event. */
async function pass(exchange, answer, response) {
  const { statusCode: status, rawHeaders } = answer;
  const head = exchange.feedResponse("response-head", { status, headers: headers(rawHeaders), endOfStream: false });
  if (head.tag === "reply") return reply(response, head.val);
  if (head.tag !== "forward") throw new Error("the head of the response does not pass");
  response.writeHead(status, edited(rawHeaders, head.val)).flushHeaders();
  const piece = (bytes, endOfStream) => {
    const { tag, val } = exchange.feedResponse("response-body", { bytes, endOfStream });
    if (tag !== "forward" && tag !== "replace-body") throw new Error("the rest of a response was withheld");
    return response.write(tag === "forward" ? bytes : val);
  };
  for await (const bytes of answer) {
    // A slow client slows the server down, so nothing piles up here.
    if (!piece(bytes, false)) await new Promise((resume) => response.once("drain", resume).once("close", resume));
  }
  piece(new Uint8Array(), true);
  response.end();
}

function reply(response, { status, headers, body }) {
  const fields = headers.flatMap(({ name, value }) => [text(name), text(value)]);
  response.writeHead(status, [...fields, "content-length", String(body.length)]).end(body);
}

/** Answers with a status alone, or ends the connection in the middle of a response. */
function fail(response, status, error) {
  if (error) console.error(error.message);
  if (response.headersSent) response.destroy();
  else response.writeHead(status, ["content-length", "0"]).end();
}

const text = (bytes) => Buffer.from(bytes).toString("latin1");

/** Header fields in the form of the interface. */
function headers(raw) {
  const field = (name, at) => ({ name: Buffer.from(name.toLowerCase(), "latin1"), value: Buffer.from(raw[at * 2 + 1], "latin1") });
  return raw.filter((_, at) => at % 2 === 0).map(field);
}

/** The header fields to pass on. */
function edited(raw, { removeHeaders, setHeaders }) {
  const added = setHeaders.flatMap(({ name, value }) => [text(name), text(value)]);
  const gone = [...OF_A_CONNECTION, ...removeHeaders, ...added.filter((_, at) => at % 2 === 0)];
  return [...raw.filter((_, at) => !gone.includes(raw[at - (at % 2)].toLowerCase())), ...added];
}

const server = createServer(async (request, response) => {
  try {
    const exchange = new Exchange(request);
    response.on("close", () => exchange.close());
    const body = await judge(exchange, request);
    const { tag, val } = exchange.next;
    if (tag === "forward") forward(exchange, request, response, body, val);
    else if (tag === "forward-body") forward(exchange, request, response, val.body, val.edit);
    else if (tag === "reply") reply(response, val);
    // A question to a service of the policy, which this program does not ask, or no verdict.
    else fail(response, 503);
  } catch (error) {
    // A request without a verdict does not pass.
    fail(response, 503, error);
  }
});

server.listen(Number(port), "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
