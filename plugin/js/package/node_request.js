// Turns a request of `node:http` into header fields and a body for a verdict, and leaves it as if nobody had read it.
//
// It never judges a body that another reader has seen, or parsed: the server would act on bytes that the policy did not see.

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("./http.d.ts").HeaderEdits} HeaderEdits
 * @typedef {IncomingMessage & { body?: unknown, originalUrl?: string, stream?: { endAfterHeaders?: boolean }, _readableState?: { ended?: boolean } }} Incoming
 */

/** Requests whose body was read here and is unread again. @type {WeakMap<IncomingMessage, number>} */
const unread = new WeakMap();

/** Whether a body follows the headers. @param {Incoming} req */
export function hasBody(req) {
  if (req.httpVersionMajor >= 2) return req.stream?.endAfterHeaders !== true;
  const length = req.headers["content-length"];
  return req.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** The error of a program in which another middleware has read the body, or is about to. @param {Incoming} req */
export function misuse(req) {
  if (!hasBody(req)) return undefined;
  const isRead = req.readableDidRead && unread.get(req) !== req.readableLength;
  const hasReader = req.readableFlowing === true || req.listenerCount("data") > 0 || req.listenerCount("readable") > 0;
  if (req.body === undefined && !isRead && !hasReader && !req.readableEncoding) return undefined;
  return new Error(
    "another middleware has read the body of the request before the policy: put `app.use(createMiddleware(policy))` before `express.json()` and every other parser of bodies",
  );
}

/** The header fields as an exchange takes them. @param {Incoming} req */
export function fieldsOf(req) {
  const { rawHeaders } = req;
  const hosts = valuesOf(rawHeaders, "host");
  // HTTP/2 has the fields of the request line among its headers.
  if (rawHeaders.some((name, index) => index % 2 === 0 && name.startsWith(":"))) {
    const [authority] = valuesOf(rawHeaders, ":authority");
    const isClear = hosts.every((host) => host.toLowerCase() === authority?.toLowerCase());
    return isClear ? rawHeaders : without(rawHeaders, ":authority");
  }
  // A router takes the path of its mount off `url`.
  const target = req.originalUrl ?? req.url ?? "";
  const [host] = hosts;
  const isClear = hosts.length === 1 && host !== undefined && ![target, req.url ?? ""].some(namesHost);
  return [":method", req.method ?? "", ":path", target, ...(isClear ? [":authority", host] : []), ...rawHeaders];
}

/** @param {string[]} fields names and values in turn @param {string} name */
const valuesOf = (fields, name) => fields.filter((_, index) => index % 2 === 1 && fields[index - 1]?.toLowerCase() === name);

/** @param {string[]} fields names and values in turn @param {string} name */
const without = (fields, name) => fields.filter((_, index) => fields[index - (index % 2)]?.toLowerCase() !== name);

/** Whether a program that resolves the target as a URL finds a host in it, such as in `http://other/mcp` and `//other/mcp`. @param {string} target */
const namesHost = (target) => !/^(\/(?![/\\])|\*$)/.test(target);

/**
 * Reads the body, and puts it back; of one longer than `max` bytes, as much as shows it. Undefined where the client is gone.
 * @param {Incoming} req @param {number} max @returns {Promise<Uint8Array | undefined>}
 */
export function bodyOf(req, max) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const pieces = [];
    let length = 0;
    const stop = () => {
      req.removeListener("readable", read);
      req.removeListener("end", read);
      req.removeListener("close", gone);
      req.removeListener("error", gone);
    };
    const gone = () => {
      stop();
      resolve(undefined);
    };
    const read = () => {
      try {
        for (let piece = req.read(); piece !== null; piece = req.read()) {
          pieces.push(piece);
          length += piece.length;
        }
        const ended = req._readableState?.ended ?? req.complete;
        if (length <= max && !ended) return;
        stop();
        const body = Buffer.concat(pieces);
        // The stream has not told its end yet, and does not before these bytes are read.
        if (ended && length > 0) req.unshift(body);
        unread.set(req, length);
        resolve(body);
      } catch (error) {
        stop();
        reject(error);
      }
    };
    if (req.destroyed) return gone();
    req.on("close", gone);
    req.on("error", gone);
    req.on("readable", read);
    // A body without bytes has its end alone.
    req.on("end", read);
  });
}

/** Puts these bytes in the place of the unread body. @param {Incoming} req @param {Uint8Array} bytes */
export function replaceBody(req, bytes) {
  if (req.readableEnded || req.readableLength !== unread.get(req)) throw new Error("the body of the request was read before its verdict");
  // In one turn: the stream does not tell its end in between.
  req.read();
  req.unshift(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  unread.set(req, bytes.length);
}

/** Edits the header fields, in all the forms in which Node has them. @param {Incoming} req @param {HeaderEdits} edits */
export function edit(req, { removeHeaders, setHeaders }) {
  // Node makes these two out of the raw ones when they are first read.
  const { rawHeaders, headers, headersDistinct } = req;
  for (const name of [...removeHeaders, ...Object.keys(setHeaders)]) {
    for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
      if (rawHeaders[index]?.toLowerCase() === name) rawHeaders.splice(index, 2);
    }
    delete headers[name];
    if (headersDistinct) delete headersDistinct[name];
  }
  for (const [name, value] of Object.entries(setHeaders)) {
    rawHeaders.push(name, value);
    headers[name] = value;
    if (headersDistinct) headersDistinct[name] = [value];
  }
}
