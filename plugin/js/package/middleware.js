// Turns a policy into a middleware of Express, Connect and `node:http`.
//
// It never calls `next` before the verdict on the whole body, and never twice.
import { Gateway } from "./http.js";
import { bodyOf, edit, fieldsOf, hasBody, misuse, replaceBody } from "./node_request.js";
import { govern, reply } from "./node_response.js";
import { sourced } from "./settings.js";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("./http.js").HttpExchange} HttpExchange
 */

/** @type {typeof import("./middleware.d.ts").createMiddleware} */
export function createMiddleware(policy, options = {}) {
  const { verified, peer = (req) => req.socket.remoteAddress, cluster, ...settings } = options;
  const gateway = new Gateway(policy, settings);
  const context = sourced(policy, { peer, verified, cluster });
  return (req, res, next) => {
    void handle(gateway, req, res, () => context(req)).then(
      (passes) => passes && next(),
      (error) => reply(res, gateway.failed(error)),
    );
  };
}

/**
 * Judges one request; true where it passes, with its body unread again and its response governed.
 * @param {Gateway} gateway @param {IncomingMessage} req @param {ServerResponse} res
 * @param {() => Promise<import("./http.d.ts").RequestContext>} context
 */
async function handle(gateway, req, res, context) {
  const mistake = misuse(req);
  if (mistake) throw mistake;
  const exchange = gateway.exchange(await context());
  res.once("close", () => exchange.close());
  const verdict = await judge(exchange, req, gateway.policy.maxRequestBytes);
  if (!verdict || res.closed || res.destroyed) {
    exchange.close("unsent");
    return false;
  }
  if (!verdict.passes) {
    reply(res, verdict);
    return false;
  }
  edit(req, verdict);
  if (verdict.body.length > 0) replaceBody(req, verdict.body);
  govern(res, exchange, req.method ?? "", (error) => gateway.report(error));
  return true;
}

/** The verdict; none where the client is gone. @param {HttpExchange} exchange @param {IncomingMessage} req @param {number} max */
async function judge(exchange, req, max) {
  const verdict = await exchange.begin(fieldsOf(req), !hasBody(req));
  if (verdict) return verdict;
  const body = await bodyOf(req, max);
  if (!body) return undefined;
  return (await exchange.body(body)) ?? exchange.end();
}
