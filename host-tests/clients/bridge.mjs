// Serves a stdio MCP server over Streamable HTTP, with one process for each session.
//
// It never reads or changes a message: it connects the SDK's two transports.
// Usage: bridge.mjs '{"command": ["node", "server.js"], "env": {}, "cwd": "/tmp"}'; prints {"port": N} once it accepts
// connections on 127.0.0.1, and ends when its stdin does. Endpoints: /start, which starts the process of the next session
// and waits until it answers, because clients have short timeouts; /mcp; and /page, a page to fetch.

import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { Sessions, guarded, listen } from "../serving/serving.mjs";

const { command, env, cwd } = JSON.parse(process.argv[2]);
const [program, ...args] = command;
const sessions = new Sessions(openSession);
let next; // the process of the next session

async function serve(req, res) {
  if (req.url === "/page") res.setHeader("content-type", "text/plain").end("A page to fetch.");
  else if (req.url === "/start") {
    next = await start();
    res.end();
  } else await serveSession(req, res);
}

/** Starts the server, and waits for its first message. */
async function start() {
  const server = new StdioClientTransport({ command: program, args, env: { ...process.env, ...env }, cwd, stderr: "inherit" });
  await server.start();
  const answered = new Promise((resolve) => (server.onmessage = resolve));
  await server.send({ jsonrpc: "2.0", id: "start", method: "ping" });
  await answered;
  return server;
}

async function serveSession(req, res) {
  const transport = await sessions.get(req.headers["mcp-session-id"]);
  if (transport) await transport.handleRequest(req, res);
  else res.writeHead(404).end();
}

async function openSession(options) {
  const server = next;
  next = undefined;
  const client = new StreamableHTTPServerTransport(options);
  client.onmessage = (message) => void server.send(message).catch(console.error);
  server.onmessage = (message) => void client.send(message).catch(console.error);
  client.onclose = () => void server.close();
  server.onclose = () => void client.close();
  await client.start();
  return client;
}

listen(guarded(serve));
