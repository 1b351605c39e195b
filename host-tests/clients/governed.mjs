// Starts one of the servers beside this file behind an adapter of the JavaScript package: the middleware in one Express application
// with it, a handler of the Fetch API that asks it, or the wrapper around the transport of each session.
//
// It changes no message: what a policy does with one is the adapter's.
// Usage: governed.mjs ADAPTER SERVER POLICY: `express`, `fetch` or `sdk`, a file, and the text of a policy; prints what the server
// prints, and the audit log to stderr.

import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { Server } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpServer as McpServer2 } from "@modelcontextprotocol/server";
import express from "express";
import { Policy } from "../../target/dist/js/index.js";
import { createFetchHandler } from "../../target/dist/js/fetch.js";
import { memoryCounters } from "../../target/dist/js/memory.js";
import { createMiddleware } from "../../target/dist/js/middleware.js";
import { governTransport } from "../../target/dist/js/sdk.js";

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

/** Every server connects to a governed transport. */
function onTransports(handler) {
  const counters = memoryCounters(policy);
  // The policies know callers by this header.
  const headers = ({ request, requestInfo }) => ["x-user", request?.headers.get("x-user") ?? requestInfo?.headers["x-user"] ?? ""];
  for (const { prototype } of [McpServer, McpServer2]) {
    const { connect } = prototype;
    prototype.connect = function governed(transport) {
      return connect.call(this, governTransport(transport, policy, { ...options, side: "server", counters, headers }));
    };
  }
  return createServer(handler);
}

// A server knows by its arguments which revisions it serves: the wrapper is for transports with sessions.
if (adapter === "sdk") process.argv[2] = "sessions";
http.createServer = { express: inExpress, fetch: byFetch, sdk: onTransports }[adapter];
syncBuiltinESMExports();
await import(`./${server}`);
