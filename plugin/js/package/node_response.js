// Turns the response that a handler writes with `node:http` into the response that the policy lets its client see.
//
// It passes no byte on that the policy has not returned, and nothing more once the policy has refused the response.
import { then, Turns } from "./awaitable.js";

/**
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("./http.js").HttpExchange} HttpExchange
 * @typedef {import("./http.d.ts").Refuse} Refuse
 * @typedef {(error?: Error | null) => void} Callback
 */

/** Sends an answer in the place of the server's. @param {ServerResponse} res @param {Refuse} refuse */
export function reply(res, { status, headers, body }) {
  if (res.headersSent) return void res.destroy();
  // Node reads no further on the connection until the body is read; one that is too long is not.
  if (!res.req.complete) res.shouldKeepAlive = false;
  res.req.resume();
  setMessage(res, "");
  res.writeHead(status, { ...headers, "content-length": String(body.length) });
  res.end(body);
}

/** HTTP/2 has no status messages, and Node warns of each use. @param {ServerResponse} res */
const messageOf = (res) => (res.req.httpVersionMajor < 2 ? res.statusMessage : "");

/** @param {ServerResponse} res @param {string} message */
function setMessage(res, message) {
  if (res.req.httpVersionMajor < 2) res.statusMessage = message;
}

/**
 * Governs a response that has not begun.
 * @param {ServerResponse} res @param {HttpExchange} exchange @param {string} method @param {(error: unknown) => void} report
 */
export function govern(res, exchange, method, report) {
  new GovernedResponse(res, exchange, method, report).install();
}

const HEADER_METHODS = /** @type {const} */ (["setHeader", "appendHeader", "removeHeader", "setHeaders"]);

/** A response whose methods this object has in their place. */
class GovernedResponse {
  #res;
  #exchange;
  #method;
  #report;
  /** The methods of the response. */
  #own;
  /** The header fields that other middlewares set before. */
  #before;
  #turns = new Turns();
  /** The handler has chosen the head, or has ended the response. */
  #committed = false;
  #ended = false;
  /** The head is sent with the whole body. */
  #deferred = false;
  /** The policy has refused the response, or the client is gone. */
  #over = false;
  /** The response has no body: to HEAD, or with a status that has none. */
  #bodiless = false;
  /** A method of the response is at work, which may call others. */
  #inside = false;
  /** The bytes that it writes. @type {Uint8Array | undefined} */
  #passing;
  #needsDrain = false;

  /** @param {ServerResponse} res @param {HttpExchange} exchange @param {string} method @param {(error: unknown) => void} report */
  constructor(res, exchange, method, report) {
    this.#res = res;
    this.#exchange = exchange;
    this.#method = method;
    this.#report = report;
    const { writeHead, write, end, flushHeaders, writeContinue, writeProcessing, writeEarlyHints } = res;
    this.#own = { writeHead, write, end, flushHeaders, writeContinue, writeProcessing, writeEarlyHints };
    this.#before = { ...res.getHeaders() };
  }

  install() {
    const res = this.#res;
    this.#guardHeaders();
    this.#show("headersSent", () => this.#committed);
    this.#show("writableEnded", () => this.#ended);
    const { writeHead, write, end, flushHeaders, writeContinue, writeProcessing, writeEarlyHints } = this.#own;
    const isOwn = (/** @type {unknown} */ chunk) => this.#inside && chunk === this.#passing;
    Object.assign(res, {
      writeHead: (/** @type {any} */ ...args) => (this.#inside ? writeHead.apply(res, args) : this.#writeHead(args)),
      write: (/** @type {any} */ ...args) => (isOwn(args[0]) ? write.apply(res, args) : this.#write(args)),
      end: (/** @type {any} */ ...args) => (isOwn(args[0]) ? end.apply(res, args) : this.#end(args)),
      flushHeaders: () => (this.#inside ? flushHeaders.call(res) : this.#flushHeaders()),
      writeContinue: (/** @type {any} */ ...args) => this.#interim(100, [], () => writeContinue.apply(res, args)),
      writeProcessing: (/** @type {any} */ ...args) => this.#interim(102, [], () => writeProcessing?.apply(res, args)),
      writeEarlyHints: (/** @type {any} */ hints, /** @type {any} */ ...args) =>
        this.#interim(103, flat(hints), () => writeEarlyHints?.call(res, hints, ...args)),
    });
    res.once("close", () => (this.#over = true));
  }

  /** After the head, its fields are as they are: also while the policy still judges it. */
  #guardHeaders() {
    const res = /** @type {any} */ (this.#res);
    for (const name of HEADER_METHODS) {
      const own = res[name];
      if (own === undefined) continue;
      res[name] = (/** @type {unknown[]} */ ...args) => {
        if (!this.#inside && this.#committed) throw headersSent();
        return this.#do(() => own.apply(res, args));
      };
    }
  }

  /** A property of the response that is true as soon as the handler has made it so. @param {"headersSent" | "writableEnded"} name @param {() => boolean} is */
  #show(name, is) {
    const res = this.#res;
    const prototype = Object.getPrototypeOf(res);
    // Another policy before this one has done the same.
    const outer = Object.getOwnPropertyDescriptor(res, name)?.get;
    const own = () => (outer ? outer.call(res) : Reflect.get(prototype, name, res)) === true;
    Object.defineProperty(res, name, { configurable: true, get: () => is() || own() });
  }

  /**
   * Calls methods of the response itself, which may write these bytes and no others.
   * @template T @param {() => T} work @param {Uint8Array} [passing] @returns {T}
   */
  #do(work, passing) {
    const before = { inside: this.#inside, passing: this.#passing };
    this.#inside = true;
    this.#passing = passing;
    try {
      return work();
    } finally {
      this.#inside = before.inside;
      this.#passing = before.passing;
    }
  }

  /** @param {any[]} args */
  #writeHead([status, reason, headers]) {
    if (this.#committed) throw headersSent();
    this.#res.statusCode = status;
    if (typeof reason === "string") setMessage(this.#res, reason);
    this.#do(() => setAll(this.#res, typeof reason === "string" ? headers : (reason ?? headers)));
    this.#commit(false);
    return this.#res;
  }

  #flushHeaders() {
    this.#commit(false);
    this.#take(() => this.#do(() => this.#own.flushHeaders.call(this.#res)));
  }

  /** @param {any[]} args */
  #write([chunk, encoding, callback]) {
    const done = /** @type {Callback | undefined} */ (typeof encoding === "function" ? encoding : callback);
    const bytes = bytesOf(chunk, encoding);
    if (this.#ended || this.#over) return gone(done);
    this.#commit(false);
    const written = this.#turns.run(() =>
      then(this.#over || this.#bodiless ? null : this.#exchange.responseBody(bytes, false), (passed) => this.#pass(passed, done)),
    );
    if (typeof written === "boolean") return written;
    this.#needsDrain = true;
    void written.catch((error) => this.#broken(error)).then((more) => this.#drain(more));
    return false;
  }

  /** Tells a handler that waited for the policy that it may go on. @param {boolean} more */
  #drain(more) {
    if (!this.#needsDrain || this.#turns.busy || !more) return;
    this.#needsDrain = false;
    this.#res.emit("drain");
  }

  /** @param {any[]} args */
  #end([chunk, encoding, callback]) {
    if (typeof chunk === "function") [chunk, encoding, callback] = [undefined, undefined, chunk];
    if (typeof encoding === "function") [encoding, callback] = [undefined, encoding];
    const bytes = chunk === undefined || chunk === null ? new Uint8Array() : bytesOf(chunk, encoding);
    if (this.#ended || this.#over) {
      gone(callback);
      return this.#res;
    }
    this.#ended = true;
    this.#commit(true);
    this.#take(() => {
      const rest = this.#bodiless ? new Uint8Array() : this.#exchange.responseBody(bytes, true);
      return then(rest, (passed) => this.#finish(passed, callback));
    });
    return this.#res;
  }

  /** Lets the policy judge the head, once. With `deferred`, the whole body follows at once. @param {boolean} deferred */
  #commit(deferred) {
    if (this.#committed || this.#over) return;
    this.#committed = true;
    this.#deferred = deferred;
    const { statusCode } = this.#res;
    const message = messageOf(this.#res);
    this.#bodiless = this.#method === "HEAD" || statusCode === 204 || statusCode === 304;
    const fields = flat(this.#res.getHeaders());
    this.#take(() =>
      then(this.#exchange.responseHead(statusCode, fields, this.#bodiless), (head) => {
        if (this.#over) return;
        if (!head.passes) return this.#replace(head);
        this.#do(() => {
          for (const name of head.removeHeaders) this.#res.removeHeader(name);
          for (const [name, value] of Object.entries(head.setHeaders)) this.#res.setHeader(name, value);
          this.#res.statusCode = statusCode;
          if (message) setMessage(this.#res, message);
          if (!this.#deferred) this.#own.writeHead.call(this.#res, statusCode);
        });
      }),
    );
  }

  /** @param {number} status @param {string[]} fields @param {() => void} send */
  #interim(status, fields, send) {
    if (this.#committed) return;
    this.#take(() => then(this.#exchange.responseHead(status, fields, false), (head) => {
      if (this.#over) return;
      if (head.passes) this.#do(send);
      else this.#replace(head);
    }));
  }

  /** Does this in its turn, unless the response is over. Node's own errors reach a handler that has not to wait. @param {() => unknown} work */
  #take(work) {
    const done = this.#turns.run(() => (this.#over ? undefined : work()));
    if (done instanceof Promise) done.catch((error) => this.#broken(error));
  }

  /** @param {unknown} error */
  #broken(error) {
    this.#report(error);
    this.#cut(undefined);
    return false;
  }

  /** @param {Uint8Array | null} bytes @param {Callback | undefined} callback */
  #pass(bytes, callback) {
    if (this.#bodiless && !this.#over) return gone(callback, null);
    if (bytes === null || this.#over) return this.#cut(callback);
    if (bytes.length === 0) return gone(callback, null);
    return this.#do(() => this.#own.write.call(this.#res, bytes, /** @type {any} */ (callback)), bytes);
  }

  /** @param {Uint8Array | null} bytes @param {Callback | undefined} callback */
  #finish(bytes, callback) {
    if (bytes === null || this.#over) return this.#cut(callback);
    const res = this.#res;
    this.#do(() => {
      const counts = this.#deferred && !this.#bodiless && !res.hasHeader("transfer-encoding") && !res.hasHeader("trailer");
      if (counts && !res.hasHeader("content-length")) res.setHeader("content-length", bytes.length);
      if (this.#deferred) this.#own.writeHead.call(res, res.statusCode);
      this.#own.end.call(res, bytes, /** @type {any} */ (callback));
    }, bytes);
    this.#exchange.close();
  }

  /** Sends the policy's answer in the place of the handler's. @param {Refuse} refuse */
  #replace(refuse) {
    this.#over = true;
    const res = this.#res;
    this.#do(() => {
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      setAll(res, this.#before);
      this.#committed = false;
      reply(res, refuse);
      this.#committed = true;
    }, refuse.body);
  }

  /** Ends the connection: the client has a part of a response that it must not see further. @param {Callback | undefined} callback */
  #cut(callback) {
    this.#over = true;
    this.#res.destroy();
    return gone(callback);
  }
}

/** Nothing is written. @param {Callback | undefined} callback @param {Error | null} [error] */
function gone(callback, error = new Error("the response is over")) {
  if (typeof callback === "function") process.nextTick(callback, error);
  return error === null;
}

function headersSent() {
  const error = new Error("Cannot set headers after they are sent to the client");
  return Object.assign(error, { code: "ERR_HTTP_HEADERS_SENT" });
}

/** @param {unknown} chunk @param {unknown} encoding */
function bytesOf(chunk, encoding) {
  if (typeof chunk === "string") return Buffer.from(chunk, typeof encoding === "string" ? /** @type {BufferEncoding} */ (encoding) : "utf8");
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('The "chunk" argument must be of type string or an instance of Buffer or Uint8Array.');
}

/** Header fields as names and values in turn. @param {object} headers */
function flat(headers) {
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, String(one)]));
}

/** Sets the header fields of `writeHead`: an object, or names and values in turn or in pairs. @param {ServerResponse} res @param {any} headers */
function setAll(res, headers) {
  if (headers === undefined || headers === null) return;
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
    return;
  }
  const fields = headers.flat();
  if (fields.length % 2 !== 0) throw new TypeError("The headers of `writeHead` are not names and values in turn.");
  for (let index = 0; index < fields.length; index += 2) res.removeHeader(fields[index]);
  for (let index = 0; index < fields.length; index += 2) res.appendHeader(fields[index], fields[index + 1]);
}
