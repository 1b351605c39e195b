// Starts one of the servers beside this file behind the middleware of the JavaScript package, in one Express application.
//
// It changes no message: what a policy does with one is the middleware's.
// Usage: governed.mjs SERVER POLICY, a file and the text of a policy; prints what the server prints, and the audit log to stderr.

import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import express from "express";
import { Policy } from "../../target/dist/js/index.js";
import { createMiddleware } from "../../target/dist/js/middleware.js";

const [server, policy] = process.argv.slice(2);
const governed = express();
governed.use((req, _, next) => {
  // The servers know requests through a gateway by this header.
  req.headers["x-forwarded-proto"] = "http";
  req.rawHeaders.push("x-forwarded-proto", "http");
  next();
});
governed.use("/mcp", createMiddleware(Policy.parse(Buffer.from(policy)), { log: (line) => console.error(line) }));

const { createServer } = http;
// Both servers are the handler of a server of `node:http`.
http.createServer = (handler) => {
  governed.use(handler);
  return createServer(governed);
};
syncBuiltinESMExports();
await import(`./${server}`);
