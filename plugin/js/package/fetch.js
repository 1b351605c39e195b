// Turns a policy and a handler of the Fetch API into a handler that judges requests and edits responses.
//
// It never calls the handler before the verdict on the whole body, and gives it no stream but judged bytes.
import { Gateway } from "./http.js";
import { sourced } from "./settings.js";

/**
 * @typedef {import("./http.js").HttpExchange} HttpExchange
 * @typedef {import("./http.d.ts").Pass} Pass
 * @typedef {import("./http.d.ts").Refuse} Refuse
 * @typedef {import("./http.d.ts").HeaderEdits} HeaderEdits
 */

/** Between the values of joined header fields. */
const JOINT = ", ";

/** The statuses of responses without a body. */
const BODILESS = [101, 204, 205, 304];

/** @type {typeof import("./fetch.d.ts").createFetchHandler} */
export function createFetchHandler(policy, handler, options = {}) {
  const { verified, peer, cluster, ...settings } = options;
  const gateway = new Gateway(policy, settings);
  const context = sourced(policy, { peer, verified, cluster });
  if (typeof handler !== "function") throw new TypeError("`handler` is not a function of a Request");
  return async (request, ...rest) => {
    /** @type {HttpExchange | undefined} */
    let exchange;
    try {
      exchange = gateway.exchange(await context(request));
      const verdict = await judge(exchange, request);
      if (!verdict.passes) return answer(verdict);
      if (request.signal?.aborted) {
        exchange.close("unsent");
        return gone();
      }
      request.signal?.addEventListener("abort", () => exchange?.close(), { once: true });
      return await governed(exchange, request.method, await handler(passed(request, verdict), ...rest));
    } catch (error) {
      exchange?.close();
      // A client that is gone is no failure.
      return request.signal?.aborted ? gone() : answer(gateway.failed(error));
    }
  };
}

/** A response that nobody gets. */
const gone = () => new Response(null, { status: 499 });

/** @param {Refuse} refuse */
const answer = ({ status, headers, body }) => new Response(/** @type {BodyInit} */ (body), { status, headers });

/** @param {HttpExchange} exchange @param {Request} request @returns {Promise<Pass | Refuse>} */
async function judge(exchange, request) {
  if (request.bodyUsed) {
    throw new Error("the body of the request was read before the policy: call the handler before `request.json()` and every other reader of it");
  }
  const first = await exchange.begin(fieldsOf(request), request.body === null);
  if (first) {
    await request.body?.cancel();
    return first;
  }
  const reader = /** @type {ReadableStreamDefaultReader<Uint8Array>} */ (request.body?.getReader());
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const verdict = await exchange.body(piece.value);
    if (verdict) {
      void reader.cancel().catch(() => undefined);
      return verdict;
    }
  }
  return exchange.end();
}

/** The header fields as an exchange takes them. @param {Request} request */
function fieldsOf(request) {
  const url = new URL(request.url);
  const host = request.headers.get("host") ?? url.host;
  const authority = isHostOf(url, host) ? [":authority", host] : [];
  // Some runtimes leave dot segments in the URL: a router may have read them in another way than `URL` does.
  const path = request.url.replace(/^[^:]*:\/\/[^/\\?#]*/, "");
  const line = [":method", request.method, ":path", bytesOf(path), ":scheme", url.protocol.slice(0, -1), ...authority];
  // The Fetch API joins fields of the same name, so a value with the joint may be several: a policy that reads one refuses two.
  const fields = [...request.headers].flatMap(([name, value]) => bytesOf(value).split(JOINT).flatMap((part) => [name, part]));
  return [...line, ...fields];
}

/** Whether the header field names the host of the URL: some runtimes take another one from the request line. @param {URL} url @param {string} host */
function isHostOf(url, host) {
  try {
    return new URL(`${url.protocol}//${host}/`).href === `${url.origin}/`;
  } catch {
    return false;
  }
}

/** A text of which each character is one byte. Workers decode header fields as UTF-8. @param {string} text */
function bytesOf(text) {
  if (!/[^\0-\xff]/.test(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** The request with the bytes and header fields that were judged. @param {Request} request @param {Pass} verdict */
function passed(request, verdict) {
  const headers = edited(request.headers, verdict);
  const body = verdict.body.length > 0 ? verdict.body : null;
  // Workers have facts about the connection in `cf`.
  const { cf } = /** @type {{ cf?: unknown }} */ (request);
  const init = { method: request.method, headers, body, signal: request.signal, ...(cf === undefined ? {} : { cf }) };
  return new Request(request.url, /** @type {RequestInit} */ (init));
}

/** @param {Headers} headers @param {HeaderEdits} edits */
function edited(headers, { removeHeaders, setHeaders }) {
  const fields = new Headers(headers);
  for (const name of removeHeaders) fields.delete(name);
  for (const [name, value] of Object.entries(setHeaders)) fields.set(name, value);
  return fields;
}

/** The response as the client may see it. @param {HttpExchange} exchange @param {string} method @param {Response} response */
async function governed(exchange, method, response) {
  const { status, statusText, headers, body } = response;
  const bodiless = body === null || method === "HEAD" || BODILESS.includes(status);
  const head = await exchange.responseHead(status, [...headers].flat().map(bytesOf), bodiless);
  if (!head.passes || bodiless) {
    exchange.close();
    void body?.cancel().catch(() => undefined);
  }
  if (!head.passes) return answer(head);
  const init = { status, statusText, headers: edited(headers, head) };
  return new Response(bodiless || !body ? null : stream(exchange, body), init);
}

/** The body, piece by piece as it is read. @param {HttpExchange} exchange @param {ReadableStream<Uint8Array>} body */
function stream(exchange, body) {
  const reader = body.getReader();
  /** @param {ReadableStreamDefaultController<Uint8Array>} controller */
  const pull = async (controller) => {
    for (;;) {
      const { done, value } = await reader.read();
      const bytes = await exchange.responseBody(value ?? new Uint8Array(), done);
      if (bytes === null) throw new Error("the policy has ended the response");
      if (bytes.length > 0) controller.enqueue(bytes);
      if (done) {
        exchange.close();
        controller.close();
      }
      if (done || bytes.length > 0) return;
    }
  };
  return new ReadableStream(
    {
      pull: (controller) => pull(controller).catch((error) => {
        exchange.close();
        void reader.cancel(error).catch(() => undefined);
        controller.error(error);
      }),
      cancel(reason) {
        exchange.close();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
