// Serves an MCP server that speaks on its standard input and output over Streamable HTTP: one process for each session.
//
// It never reads or changes a message; the SDK's two transports are joined as they are.
// Usage: bridge.mjs '{"command": ["node", "server.js"], "env": {}, "cwd": "/tmp"}'; prints {"port": N} once it accepts
// connections on 127.0.0.1, and ends when its stdin does. Endpoints: /start, which starts the process of the next session
// and waits until it answers, since clients do not wait long; /mcp; and /page, which can be fetched.

import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const { command, env, cwd } = JSON.parse(process.argv[2]);
const [program, ...args] = command;
const sessions = new Map();
let next; // the process of the next session

async function serve(req, res) {
  if (req.url === "/page") res.setHeader("content-type", "text/plain").end("A page to fetch.");
  else if (req.url === "/start") {
    next = await start();
    res.end();
  } else await serveSession(req, res);
}

/** Starts the server, and waits for its first word. */
async function start() {
  const server = new StdioClientTransport({ command: program, args, env: { ...process.env, ...env }, cwd, stderr: "inherit" });
  await server.start();
  const answered = new Promise((resolve) => (server.onmessage = resolve));
  await server.send({ jsonrpc: "2.0", id: "start", method: "ping" });
  await answered;
  return server;
}

async function serveSession(req, res) {
  const id = req.headers["mcp-session-id"];
  const transport = id ? sessions.get(id) : await openSession();
  if (transport) await transport.handleRequest(req, res);
  else res.writeHead(404).end();
}

async function openSession() {
  const server = next;
  next = undefined;
  const client = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, client),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  client.onmessage = (message) => void server.send(message).catch(console.error);
  server.onmessage = (message) => void client.send(message).catch(console.error);
  client.onclose = () => void server.close();
  server.onclose = () => void client.close();
  await client.start();
  return client;
}

const http = createServer((req, res) => {
  serve(req, res).catch((error) => {
    console.error(error);
    res.destroy();
  });
});
http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: http.address().port })));
// Whoever started this holds the other end; it closes also when that process is killed.
process.stdin.resume().on("end", () => process.exit(0));
