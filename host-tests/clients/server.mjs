// Turns MCP requests into predictable results: the twin of `server.py`, on the SDK for TypeScript.
//
// It never times a stream: a streamed call continues when a client reports the last event.
// Usage: server.mjs [sessions]; prints {"port": N} once it accepts connections on 127.0.0.1, and ends when its stdin does. With
// `sessions` it knows the older revisions alone.
// Endpoints: /mcp, and /state for the requests that reached it.

import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from "@modelcontextprotocol/node";
import {
  McpServer,
  ResourceTemplate,
  acceptedContent,
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  inputResponse,
  isLegacyRequest,
} from "@modelcontextprotocol/server";
import { setTimeout as sleep } from "node:timers/promises";
import { EventMemory, Sessions, guarded, listen } from "../serving/serving.mjs";

const PATIENCE = 8_000; // milliseconds at a gate; a client's time limit must be longer
const PAUSE = 10;

const onlySessions = process.argv[2] === "sessions";
const requests = []; // the requests that reached this server, in order
const opened = new Map(); // the number of times that each gate was opened
const left = new Set(); // gates whose caller has left

const modern = createMcpHandler(({ era }) => build(era), { legacy: "reject" });
const handleModern = toNodeHandler(modern);
const sessions = new Sessions(openSession);

/** The tools, prompts and resources, for one request of the newest revision or one session of an older one. */
function build(era) {
  const server = new McpServer(
    { name: "bit-of-everything", version: "1.0.0" },
    {
      instructions: "A server for tests.",
      capabilities: { completions: {}, logging: {}, resources: { listChanged: true, subscribe: true }, tools: { listChanged: true } },
    },
  );
  const subscribed = new Set();
  const legacy = era === "legacy";
  addTools(server, {
    toolsChanged: () => (legacy ? server.server.sendToolListChanged() : modern.notify.toolsChanged()),
    resourceChanged: (uri) => {
      if (!legacy) modern.notify.resourceUpdated(uri);
      else if (subscribed.has(uri)) return server.server.sendResourceUpdated({ uri });
    },
  });
  addPrompts(server);
  addResources(server);
  server.server.setRequestHandler("completion/complete", ({ params: { argument } }) => ({
    completion: { values: [`${argument.value}-1`, `${argument.value}-2`] },
  }));
  if (legacy) {
    server.server.setRequestHandler("resources/subscribe", ({ params }) => (subscribed.add(params.uri), {}));
  }
  return server;
}

function addTools(server, news) {
  const tool = (name, description, properties, run, outputSchema) => {
    const inputSchema = fromJsonSchema({ type: "object", properties, required: Object.keys(properties) });
    server.registerTool(name, { description, inputSchema, ...(outputSchema && { outputSchema }) }, run);
  };
  const number = { type: "integer" };
  const string = { type: "string" };
  const sum = fromJsonSchema({ type: "object", properties: { sum: number }, required: ["sum"] });

  tool("add", "Adds two numbers.", { a: number, b: number }, ({ a, b }) => ({
    ...text(`${a + b}`), structuredContent: { sum: a + b },
  }), sum);
  tool("echo", "Returns its argument.", { text: string }, (said) => text(said.text));
  tool("fail", "Always fails, by the tool's own doing.", {}, () => ({ ...text("This tool always fails."), isError: true }));
  tool("twice", "For a policy that allows two calls.", {}, () => text("done"));
  tool("delete_project", "For a policy that denies it by name.", {}, () => text("gone"));
  tool("hidden", "For a policy that hides it.", {}, () => text("found"));
  tool("read_env", "For a policy that does not name it.", {}, () => text("DEPLOY_TOKEN=made-up"));
  tool("watch", "Reports a step, and the next after `open_gate`.", { gate: string }, ({ gate }, ctx) => watch(gate, 3, ctx.mcpReq));
  tool("open_gate", "Lets `watch` go on by a step.", { gate: string }, ({ gate }) => {
    opened.set(gate, (opened.get(gate) ?? 0) + 1);
    return text("open");
  });
  tool("was_left", "Tells whether the caller of `watch` left.", { gate: string }, ({ gate }) => text(left.has(gate) ? "left" : "not yet"));
  tool("ask", "Asks the person at the client.", {}, (_, { mcpReq }) => ask(mcpReq.inputResponses));
  tool("sample", "Asks the model at the client.", {}, (_, { mcpReq }) => sample(mcpReq.inputResponses));
  tool("log", "Writes to the client's log.", {}, async (_, { mcpReq }) => {
    await mcpReq.log("warning", "The log says so.");
    return text("logged");
  });
  tool("announce", "Tells the client that the tools have changed.", {}, async () => {
    await news.toolsChanged();
    return text("announced");
  });
  tool("touch", "Tells who subscribed to it that a resource has changed.", { uri: string }, async ({ uri }) => {
    await news.resourceChanged(uri);
    return text("touched");
  });
}

/** Reports one step, and the next one only after the gate was opened for the first. */
async function watch(gate, steps, { _meta, notify, signal }) {
  for (let step = 1; step <= steps; step += 1) {
    if (_meta?.progressToken !== undefined) {
      const message = `step ${step} of ${steps}`;
      await notify({ method: "notifications/progress", params: { progressToken: _meta.progressToken, progress: step, total: steps, message } });
    }
    for (let waited = 0; (opened.get(gate) ?? 0) < step; waited += PAUSE) {
      if (signal.aborted) left.add(gate);
      if (signal.aborted || waited > PATIENCE) return { ...text(`Nobody saw step ${step}.`), isError: true };
      await sleep(PAUSE);
    }
  }
  return text(`watched ${steps} steps`);
}

function ask(answers) {
  const answer = acceptedContent(answers, "colour");
  if (answer) return text(`The colour is ${answer.colour}.`);
  const requestedSchema = { type: "object", properties: { colour: { type: "string" } }, required: ["colour"] };
  return inputRequired({ inputRequests: { colour: inputRequired.elicit({ message: "Which colour?", requestedSchema }) } });
}

function sample(answers) {
  const answer = inputResponse(answers, "word");
  if (answer.kind === "sampling") return text(`The model says ${answer.result.content.text}.`);
  const messages = [{ role: "user", content: { type: "text", text: "Say a word." } }];
  return inputRequired({ inputRequests: { word: inputRequired.createMessage({ messages, maxTokens: 10 }) } });
}

function addPrompts(server) {
  const prompt = (said) => ({ messages: [{ role: "user", content: { type: "text", text: said } }] });
  const argsSchema = fromJsonSchema({ type: "object", properties: { name: { type: "string" } }, required: ["name"] });
  server.registerPrompt("greeting", { description: "A prompt with a plain name.", argsSchema }, ({ name }) => prompt(`Greet ${name}.`));
  server.registerPrompt("begrüßung", { description: "A prompt whose name is not ASCII." }, () => prompt("Sag hallo."));
  server.registerPrompt("secret", { description: "For a policy that denies it by name." }, () => prompt("The secret prompt."));
}

function addResources(server) {
  const memo = (uri, said) => ({ contents: [{ uri: uri.href, mimeType: "text/plain", text: said }] });
  server.registerResource("public_memo", "memo://public", {}, (uri) => memo(uri, "Everybody may read this."));
  server.registerResource("secret_memo", "memo://secret", {}, (uri) => memo(uri, "The secret memo."));
  const notes = new ResourceTemplate("memo://notes/{name}", { list: undefined });
  server.registerResource("note", notes, {}, (uri, { name }) => {
    if (name === "missing") throw new Error("There is no such note.");
    return memo(uri, `The note ${name}.`);
  });
}

function text(said) {
  return { content: [{ type: "text", text: said }] };
}

/** Serves old and new revisions on one path; each session of an older revision has its own server. */
async function serve(req, res) {
  if (req.url === "/state") {
    res.setHeader("content-type", "application/json").end(JSON.stringify({ requests }));
    return;
  }
  const body = await bodyOf(req);
  record(req, body);
  if (onlySessions || await isLegacyRequest(await toWebRequest(req, body), body)) await serveLegacy(req, res, body);
  else await handleModern(req, res, body);
}

async function serveLegacy(req, res, body) {
  const transport = await sessions.get(req.headers["mcp-session-id"]);
  if (transport) await transport.handleRequest(req, res, body);
  else res.writeHead(404).end();
}

async function openSession(options) {
  const transport = new NodeStreamableHTTPServerTransport({ ...options, eventStore: new EventMemory() });
  await build("legacy").connect(transport);
  return transport;
}

async function bodyOf(req) {
  const pieces = [];
  for await (const piece of req) pieces.push(piece);
  return pieces.length ? JSON.parse(Buffer.concat(pieces).toString("utf8")) : undefined;
}

/** Records the method and its target: `tools/call add`. */
function record(req, body) {
  const { name, uri } = body?.params ?? {};
  const message = body && [body.method ?? "answer", name ?? uri].filter(Boolean).join(" ");
  // Envoy adds this header.
  requests.push({ verb: req.method, message: message ?? null, by_gateway: "x-forwarded-proto" in req.headers });
}

listen(guarded(serve));
