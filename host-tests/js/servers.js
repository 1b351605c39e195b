// Helpers for the tests of the adapters: servers behind a policy, MCP servers on the official SDK, and requests to them.
//
// It asserts nothing.
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import connect from "connect";
import express5 from "express";
// @ts-expect-error: this line of Express has no types here
import express4 from "express-4";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { createMiddleware } from "mcp-policy/middleware";
import { policy } from "./support.js";

/**
 * @typedef {import("node:http").IncomingMessage} Incoming
 * @typedef {import("node:http").ServerResponse} Outgoing
 * @typedef {(req: Incoming & { body?: any }, res: Outgoing) => unknown} Handler
 * @typedef {{ url: string, lines: any[], errors: any[], calls: (Incoming & { body?: any })[], port: number }} Served
 * @typedef {import("mcp-policy/middleware").MiddlewareOptions} Options
 */

/** The frameworks whose middleware has a request, a response and `next`: the makers of an application and of a parser. @type {[string, any, typeof express5.json][]} */
export const FRAMEWORKS = [["Express 5", express5, express5.json], ["Express 4", express4, express4.json], ["Connect", connect, express5.json]];

export const LIMITED = { version: "1", default: "deny", tools: { add: { rate_limit: "2/hour" }, fail: { rate_limit: "2/hour" } } };
export const OPEN = { version: "1", default: "allow" };
export const JSON_HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** @param {string} name @param {unknown} [args] */
export const callOf = (name, args = {}, id = 1) => JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } });
export const LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
/** @param {string[]} names */
export const toolsOf = (...names) => JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools: names.map((name) => ({ name })) } });
export const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';

/** An MCP server with tools of which a policy hides one. */
export function mcpServer() {
  const server = new McpServer({ name: "test", version: "1" });
  /** @param {string} text */
  const says = (text) => ({ content: [{ type: /** @type {const} */ ("text"), text }] });
  server.registerTool("add", { description: "adds" }, async () => says("3"));
  server.registerTool("drop", { description: "drops" }, async () => says("dropped"));
  server.registerTool("fail", { description: "fails" }, async () => {
    throw new Error("this tool fails");
  });
  return server;
}

/**
 * A server of `node:http`, whose requests go through the middleware to the handler, while `work` runs.
 * @param {unknown} document @param {Handler} handler @param {(served: Served) => Promise<unknown>} work
 * @param {Options & { before?: (app: any) => void, after?: (app: any) => void, framework?: any, create?: any }} [options]
 */
export async function serving(document, handler, work, { before, after, framework = express5, create = createServer, ...options } = {}) {
  /** @type {Served} */
  const served = { url: "", lines: [], errors: [], calls: [], port: 0 };
  const app = framework();
  before?.(app);
  const log = (/** @type {string} */ line) => void served.lines.push(JSON.parse(line));
  const onError = (/** @type {unknown} */ error) => void served.errors.push(error);
  app.use("/mcp", createMiddleware(policy(document), { log, onError, ...options }));
  after?.(app);
  app.use((/** @type {Incoming} */ req, /** @type {Outgoing} */ res) => {
    served.calls.push(req);
    return handler(req, res);
  });
  await listening(create(app), (port) => work(Object.assign(served, { port, url: `http://127.0.0.1:${port}/mcp` })));
}

/** @param {import("node:http").Server} server @param {(port: number) => Promise<unknown>} work */
export async function listening(server, work) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await work(/** @type {import("node:net").AddressInfo} */ (server.address()).port);
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

/** @param {string} url @param {string} body @param {Record<string, string>} [headers] */
export const post = (url, body, headers = {}) => fetch(url, { method: "POST", body, headers: { ...JSON_HEADERS, ...headers } });

/** Answers every request with this JSON. @param {string} body @returns {Handler} */
export const json = (body) => (_, res) => res.writeHead(200, { "content-type": "application/json" }).end(body);

/** The reason of a refusal in a response. @param {Response} response */
export async function reasonOf(response) {
  const answer = await response.json();
  return answer.error?.data?.reason ?? answer.result?._meta?.["mcp-policy/decision"]?.reason;
}

/** A POST whose body the caller writes. @param {number} port @param {Record<string, string>} [headers] */
export function opened(port, headers = {}) {
  return send({ port, host: "127.0.0.1", path: "/mcp", method: "POST", headers: { ...JSON_HEADERS, ...headers } });
}

/** A promise, and the function that settles it. @template T */
export function gate() {
  /** @type {(value: T) => void} */
  let open = () => undefined;
  const passed = /** @type {Promise<T>} */ (new Promise((resolve) => (open = resolve)));
  return { open, passed };
}
