// Plays cases through the adapters of the package: turns one line of JSON for each case into a line with the outcomes.
// `express` plays them at an Express server with the middleware, over HTTP/1.1; `fetch` in a handler of the Fetch API; `sdk-server`
// and `sdk-client` through a governed transport of messages, on that side.
//
// It sees what a client and a server see, and the log; it does not know the expected outcomes.
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import express from "express";
import { Policy, Store } from "mcp-policy";
import { createFetchHandler } from "mcp-policy/fetch";
import { createMiddleware } from "mcp-policy/middleware";
import { Captured, cut, given, Memory, parsed, playAll } from "./cases.js";
import { NO_REQUEST, throughTransport } from "./messages.js";

/**
 * @typedef {import("./cases.js").Case} Case
 * @typedef {import("./cases.js").Request} Request
 * @typedef {import("./cases.js").Arrival} Arrival
 * @typedef {{ status: number, headers: [string, string][], body: Buffer, broken: boolean }} Received a response at a client
 * @typedef {{ body: string, hasCredential: boolean }} Seen a request at the server
 * @typedef {{ request: Request, arrival: Arrival, lines: string[], invoked: boolean, seen: Seen | undefined }} Current the request that is played
 * @typedef {(current: Current) => Promise<Received | string>} Send the response, or the reason why the case cannot be played
 */

/** The request that is played. @type {Current} */
let current;

/** The side of the governed transport, where one plays. */
const SIDE = ["server", "client"].find((side) => process.argv.includes(`sdk-${side}`));

const NO_ANSWER = { status: 200, headers: ["content-type", "application/json"], body: '{"jsonrpc":"2.0","id":1,"result":{}}' };

/** The options of both adapters. @param {Store} store @param {boolean} isLate whether the counters answer later */
function options(store, isLate) {
  /** @type {import("mcp-policy/http").Counters} */
  const counters = {
    seed: store.seed,
    resolve: (exchange, step, now) => {
      const resolved = () => store.resolve(exchange, step, now);
      return isLate ? Promise.resolve().then(resolved) : resolved();
    },
  };
  return {
    counters,
    log: (/** @type {string} */ line) => void current.lines.push(line),
    onError: (/** @type {unknown} */ error) => void current.lines.push(`error: ${error}`),
    now: () => current.request.now,
    verified: () => (current.invoked = true) && given(current.request.verified),
    peer: () => current.request.peer,
    cluster: () => current.request.cluster ?? undefined,
  };
}

/** The response of the server, and its pieces. */
function response() {
  const { request, arrival } = current;
  const respond = request.respond ?? NO_ANSWER;
  const pieces = request.respond ? cut(respond.body, arrival.response) : [Buffer.from(respond.body)];
  return { ...respond, pieces, trailers: request.respond !== null && arrival.responseTrailers };
}

/** Plays a case. @param {Case} given @param {(policy: Policy, store: Store, isLate: boolean) => Send} adapter */
async function play({ policy: text, steps, arrivals }, adapter) {
  const policy = parsed(text);
  if (!(policy instanceof Policy)) return policy;
  const memory = new Memory();
  const store = new Store(policy, memory);
  const empty = memory.cells;
  const adapters = [false, true].map((isLate) => adapter(policy, store, isLate));
  const verdicts = [];
  // A message has no pieces.
  for (const [split, pieces] of (SIDE ? arrivals.slice(0, 1) : arrivals).entries()) {
    memory.cells = new Map(empty);
    const captured = new Captured();
    const send = /** @type {Send} */ (adapters[split % 2]);
    const played = [];
    for (const [index, arrival] of pieces.entries()) {
      const verdict = await verdictOf(send, captured.request(/** @type {Request} */ (steps[index]), arrival), captured);
      if (typeof verdict === "string") return { cannot: verdict };
      played.push(verdict);
    }
    verdicts.push(played);
  }
  return { verdicts };
}

/** @param {Send} send @param {{ request: Request, arrival: Arrival }} given @param {Captured} captured */
async function verdictOf(send, given, captured) {
  current = { ...given, lines: [], invoked: false, seen: undefined };
  const received = await send(current);
  if (typeof received === "string") return received;
  const { lines, invoked, seen, request } = current;
  if (!invoked) return received.status === 0 ? "the program that carries the request ends the connection" : `the program that carries the request answers it with ${received.status}`;
  const audit = lines.find((line) => /^\{"v":1,"event":"(decision|approval)"/.test(line));
  const problem = lines.find((line) => line.startsWith('{"v":1,"event":"response"'));
  const errors = lines.filter((line) => line.startsWith("error: "));
  const body = received.body.toString("latin1");
  if (errors.length > 0) return { next: errors.join(), removeHeaders: [] };
  if (!seen) {
    captured.learn(body);
    return { next: "reply", ofMessages: Boolean(SIDE), removeHeaders: [], audit, status: received.status, headers: Object.fromEntries(received.headers), body };
  }
  const removeHeaders = seen.hasCredential ? [] : ["authorization"];
  const { status, headers, broken } = received;
  const whole = request.respond ? { seen: { status, headers }, body, broken, problem } : undefined;
  return { next: "forwardBody", ofMessages: Boolean(SIDE), removeHeaders, audit, body: seen.body, received: whole };
}

/** Two ends of a connection. */
function connection() {
  /** @type {Duplex[]} */
  const ends = [];
  const end = (/** @type {number} */ other) =>
    new Duplex({
      read() {},
      write(bytes, _, done) {
        ends[other]?.push(bytes);
        done();
      },
      final(done) {
        ends[other]?.push(null);
        done();
      },
      destroy(error, done) {
        if (!ends[other]?.readableEnded) ends[other]?.push(null);
        done(error);
      },
    });
  ends.push(end(1), end(0));
  return /** @type {[Duplex, Duplex]} */ (ends);
}

/** @type {import("express").RequestHandler} */
let middleware;

/** An Express server behind the middleware of the present case. */
function server() {
  const app = express();
  app.use((req, res, next) => middleware(req, res, next));
  app.use(async (req, res) => {
    const pieces = [];
    for await (const piece of req) pieces.push(piece);
    const names = req.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const hasCredential = names.includes("authorization") || "authorization" in req.headers || "authorization" in req.headersDistinct;
    current.seen = { body: Buffer.concat(pieces).toString("latin1"), hasCredential };
    const answer = response();
    const headers = answer.trailers ? answer.headers.filter((_, index) => answer.headers[index - (index % 2)] !== "content-length") : answer.headers;
    res.writeHead(answer.status, headers);
    for (const piece of answer.pieces) res.write(piece);
    if (answer.trailers) res.addTrailers({ "x-checksum": "1" });
    res.end();
  });
  return createServer({ maxHeaderSize: 1 << 20 }, app);
}

/** @param {Policy} policy @param {Store} store @param {boolean} isLate @returns {Send} */
function throughExpress(policy, store, isLate) {
  const own = createMiddleware(policy, options(store, isLate));
  return async ({ request, arrival }) => {
    const raw = rawRequest(request, arrival);
    if (typeof raw === "string") return raw;
    middleware = (req, res, next) => {
      current.invoked = true;
      own(req, res, next);
    };
    const [client, ours] = connection();
    http.emit("connection", ours);
    client.write(raw);
    const pieces = [];
    for await (const piece of client) pieces.push(piece);
    client.destroy();
    return readResponse(Buffer.concat(pieces), request.headers[1] === "HEAD");
  };
}

/** A request as HTTP/1.1. @param {Request} request @param {Arrival} arrival @returns {Buffer | string} */
function rawRequest({ headers, body, cluster, sentTo }, { pieces, trailers }) {
  if (sentTo !== cluster) return "the handler behind the middleware is the only server";
  const fields = pairs(headers);
  const line = new Map(fields.filter(([name]) => name.startsWith(":")));
  if (fields.filter(([name]) => name.startsWith(":")).length !== 4 || line.size !== 4) return "HTTP/1.1 has one request line";
  const own = fields.filter(([name]) => !name.startsWith(":"));
  const has = (/** @type {string} */ name) => own.some(([given]) => given === name);
  const framed = has("content-length") || has("transfer-encoding");
  // Trailers follow a body, and one without bytes would be announced.
  const chunked = !framed && pieces.length > 0;
  const host = has("host") ? [] : [["host", line.get(":authority")]];
  const all = [...host, ...own, ...(chunked ? [["transfer-encoding", "chunked"]] : []), ["connection", "close"]];
  const head = `${line.get(":method")} ${line.get(":path")} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  const chunks = cut(body, pieces).filter((piece) => piece.length > 0);
  const chunk = (/** @type {Buffer} */ piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")];
  const end = Buffer.from(trailers ? "0\r\nx-checksum: 1\r\n\r\n" : "0\r\n\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), ...(chunked ? [...chunks.flatMap(chunk), end] : chunks)]);
}

/** @param {readonly string[]} flat @returns {[string, string][]} */
function pairs(flat) {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [/** @type {[string, string]} */ ([name, flat[index + 1] ?? ""])] : []));
}

/** @param {Buffer} raw @param {boolean} isHead @returns {Received} */
function readResponse(raw, isHead) {
  const end = raw.indexOf("\r\n\r\n");
  if (end < 0) return { status: 0, headers: [], body: Buffer.alloc(0), broken: true };
  const [line = "", ...lines] = raw.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(line.split(" ")[1]);
  const headers = lines.map((line) => /** @type {[string, string]} */ ([line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  const rest = raw.subarray(end + 4);
  if (status < 200) return readResponse(rest, isHead);
  const value = (/** @type {string} */ name) => headers.find(([given]) => given === name)?.[1];
  const bodiless = isHead || status === 204 || status === 304;
  if (!bodiless && value("transfer-encoding") === "chunked") return { status, headers, ...unchunked(rest) };
  const length = Number(value("content-length") ?? rest.length);
  return { status, headers, body: rest, broken: !bodiless && rest.length < length };
}

/** @param {Buffer} rest */
function unchunked(rest) {
  const pieces = [];
  for (;;) {
    const end = rest.indexOf("\r\n");
    const length = parseInt(rest.subarray(0, end).toString(), 16);
    if (end < 0 || rest.length < end + 2 + length + 2) return { body: Buffer.concat(pieces), broken: true };
    if (length === 0) return { body: Buffer.concat(pieces), broken: false };
    pieces.push(rest.subarray(end + 2, end + 2 + length));
    rest = rest.subarray(end + 2 + length + 2);
  }
}

/** @param {Policy} policy @param {Store} store @param {boolean} isLate @returns {Send} */
function throughFetch(policy, store, isLate) {
  const handler = createFetchHandler(policy, served, options(store, isLate));
  return async ({ request, arrival }) => {
    const made = requestOf(request, arrival);
    if (typeof made === "string") return made;
    current.invoked = true;
    const response = await handler(made);
    const received = { status: response.status, headers: [...response.headers], broken: false };
    const pieces = [];
    try {
      for await (const piece of response.body ?? []) pieces.push(piece);
    } catch {
      received.broken = true;
    }
    return { ...received, body: Buffer.concat(pieces) };
  };
}

/** The server. @param {globalThis.Request} request */
async function served(request) {
  const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
  current.seen = { body, hasCredential: request.headers.has("authorization") };
  const answer = response();
  const bodiless = [101, 204, 205, 304].includes(answer.status);
  return new Response(bodiless ? null : streamOf(answer.pieces), { status: answer.status, headers: pairs(answer.headers) });
}

/** @param {Buffer[]} pieces */
function streamOf(pieces) {
  const rest = pieces.filter((piece) => piece.length > 0).map((piece) => new Uint8Array(piece));
  return new ReadableStream({
    pull(controller) {
      const piece = rest.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
}

/** @param {Request} request @param {Arrival} arrival @returns {globalThis.Request | string} */
function requestOf({ headers, body, cluster, sentTo }, { pieces }) {
  if (sentTo !== cluster) return "the handler is the only server";
  const fields = pairs(headers);
  const line = new Map(fields.filter(([name]) => name.startsWith(":")));
  if (fields.filter(([name]) => name.startsWith(":")).length !== 4 || line.size !== 4) return "a Request has one method and one URL";
  const own = fields.filter(([name]) => !name.startsWith(":"));
  const path = line.get(":path") ?? "";
  try {
    const url = new URL(`http://${line.get(":authority")}${path}`);
    if (url.pathname + url.search !== path) return "a Request has a canonical URL";
    const made = new globalThis.Request(url, /** @type {any} */ ({ method: line.get(":method"), headers: own, body: pieces.length > 0 ? streamOf(cut(body, pieces)) : null, duplex: "half" }));
    if (own.some(([name, value]) => name !== "accept" && value.includes(", "))) return "a Request does not tell a field with a comma from two";
    const joined = new Set(own.map(([name]) => name)).size !== own.length;
    const kept = own.every(([name, value]) => joined || made.headers.get(name) === value);
    return kept && made.method === line.get(":method") ? made : "the Fetch API changes the request";
  } catch (error) {
    return `the Fetch API refuses the request: ${/** @type {Error} */ (error).message.replaceAll(/"[^"]*"|\s.*: /g, "…")}`;
  }
}

/** @param {Policy} policy @param {Store} store @returns {Send} */
function throughSdk(policy, store) {
  const side = /** @type {"server" | "client"} */ (SIDE);
  // On one of the sides the counters answer later.
  const own = { ...options(store, side === "client"), side };
  return async ({ request, arrival }) => {
    const played = await throughTransport(policy, own, request, arrival);
    const isLost = played === NO_REQUEST && current.lines.some((line) => /^error: |"decision":"allow"/.test(line));
    if (isLost) throw new Error(`it is not refused and does not arrive: ${request.body}\n${current.lines.join("\n")}`);
    if (typeof played === "string") return played;
    current.invoked = true;
    if ("refused" in played) return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(played.refused, "latin1"), broken: false };
    current.seen = { body: played.passed, hasCredential: false };
    const { status, headers } = response();
    const kept = pairs(headers).filter(([name]) => name !== "content-length");
    return { status, headers: kept, body: Buffer.from(played.received.body, "latin1"), broken: played.received.broken };
  };
}

const http = server();
const isExpress = process.argv.includes("express");
await playAll((given) => play(given, SIDE ? throughSdk : isExpress ? throughExpress : throughFetch));
