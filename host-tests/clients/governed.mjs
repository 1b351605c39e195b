// Starts one of the servers beside this file behind an adapter of the JavaScript package: the middleware in one Express application
// with it, or a handler of the Fetch API that asks it.
//
// It changes no message: what a policy does with one is the adapter's.
// Usage: governed.mjs ADAPTER SERVER POLICY: `express` or `fetch`, a file, and the text of a policy; prints what the server prints,
// and the audit log to stderr.

import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { Server } from "node:net";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { Policy } from "../../target/dist/js/index.js";
import { createFetchHandler } from "../../target/dist/js/fetch.js";
import { createMiddleware } from "../../target/dist/js/middleware.js";

const [adapter, server, text] = process.argv.slice(2);
const policy = Policy.parse(text);
const options = { log: (line) => console.error(line) };
const { createServer } = http;
// Programs beside this file replace it by one that tells the port.
const { listen } = Server.prototype;

/** The policies and the servers know requests through a gateway by a header. */
const marked = (listener) => (req, res) => {
  req.headers["x-forwarded-proto"] = "http";
  req.rawHeaders.push("x-forwarded-proto", "http");
  return listener(req, res);
};

/** One application of the middleware and of a handler of `node:http`. */
function inExpress(handler) {
  const governed = express();
  governed.use("/mcp", createMiddleware(policy, options));
  governed.use(handler);
  return createServer(marked(governed));
}

/** Fields of one connection, which `fetch` sets anew. */
const OF_A_CONNECTION = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/** A gateway before a server with a handler of `node:http`. */
function byFetch(handler) {
  const inner = createServer(handler);
  listen.call(inner, 0, "127.0.0.1");
  const ask = createFetchHandler(policy, (request) => {
    const headers = new Headers(request.headers);
    for (const name of OF_A_CONNECTION) headers.delete(name);
    const { method, body, signal } = request;
    const url = `http://127.0.0.1:${inner.address().port}${new URL(request.url).pathname}`;
    return fetch(url, { method, headers, body, signal, redirect: "manual", ...(body && { duplex: "half" }) });
  }, options);
  return createServer(marked(getRequestListener(ask)));
}

http.createServer = { express: inExpress, fetch: byFetch }[adapter];
syncBuiltinESMExports();
await import(`./${server}`);
