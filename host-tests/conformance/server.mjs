// Turns `fixtures.json` into a server for the official conformance suite, on the SDK for TypeScript, for old and new revisions.
//
// It does not know the scenario: every tool, prompt and resource answers as the fixtures say.
// Usage: server.mjs [trusting]; `trusting` does not compare the headers of a request with its body. Prints {"port": N} once it
// accepts connections on 127.0.0.1, and ends when its stdin does.

import { toNodeHandler } from "@modelcontextprotocol/node";
import {
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  hostHeaderValidationResponse,
  inputRequired,
  inputResponse,
  isLegacyRequest,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from "@modelcontextprotocol/server";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EventMemory, Sessions, listen } from "../serving/serving.mjs";

const STEP = 50; // milliseconds between two messages of a tool
const trusting = process.argv[2] === "trusting";
const fixtures = JSON.parse(readFileSync(new URL("fixtures.json", import.meta.url), "utf8"));
const states = createRequestStateCodec({ key: randomBytes(32) });
const modern = createMcpHandler(({ era }) => build(era === "legacy"), { legacy: "reject" });
const sessions = new Sessions(openSession);

/** The tools, prompts and resources, for one request of the newest revision or one session of an older one. */
function build(legacy) {
  const listChanged = true;
  const server = new McpServer(
    { name: "conformance-fixtures", version: "1.0.0" },
    {
      capabilities: { completions: {}, logging: {}, prompts: { listChanged }, resources: { subscribe: true }, tools: { listChanged } },
      requestState: { verify: states.verify },
    },
  );
  for (const tool of fixtures.tools) {
    const inputSchema = fromJsonSchema(tool.inputSchema ?? { type: "object" });
    server.registerTool(tool.name, { description: tool.description, inputSchema }, (said, ctx) => call(tool, said, ctx, server, legacy));
  }
  for (const prompt of fixtures.prompts) {
    const argsSchema = prompt.arguments && fromJsonSchema(schemaOf(prompt.arguments));
    const get = async (said, ctx) => (await asked(prompt, {}, ctx)) ?? filled({ messages: prompt.messages }, { ...said, answers: answersOf(ctx) });
    server.registerPrompt(prompt.name, { description: prompt.description, argsSchema }, prompt.arguments ? get : (ctx) => get({}, ctx));
  }
  for (const { uri, mimeType, ...content } of fixtures.resources) {
    const read = () => filled({ contents: [{ uri, mimeType, ...content }] });
    server.registerResource(uri.slice("test://".length), uri, { description: "A resource.", mimeType }, read);
  }
  const { uri: pattern, mimeType, text } = fixtures.template;
  const template = new ResourceTemplate(pattern, { list: undefined });
  server.registerResource("template", template, { description: "A family.", mimeType }, (uri, { id }) => ({
    contents: [{ uri: uri.href, mimeType, text: text.replaceAll("$id", id) }],
  }));
  server.server.setRequestHandler("completion/complete", ({ params: { argument } }) => ({
    completion: { values: [`${argument.value}is`], total: 1, hasMore: false },
  }));
  if (legacy) {
    server.server.setRequestHandler("resources/subscribe", () => ({}));
    server.server.setRequestHandler("resources/unsubscribe", () => ({}));
  }
  return server;
}

function schemaOf(args) {
  const properties = Object.fromEntries(args.map(({ name, description }) => [name, { type: "string", description }]));
  return { type: "object", properties, required: args.filter(({ required }) => required).map(({ name }) => name) };
}

/** Replaces `$name` by its value in all texts of a fixture. */
function filled(fixture, values = {}) {
  const all = Object.entries({ png: fixtures.png, wav: fixtures.wav, ...values });
  const fill = (text) => all.reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), text);
  return JSON.parse(JSON.stringify(fixture), (_, value) => (typeof value === "string" ? fill(value) : value));
}

async function call(tool, said, ctx, server, legacy) {
  if (tool.result) return filled(tool.result);
  if (tool.rounds) return (await asked(tool, said, ctx)) ?? filled(text(tool.says), { answers: answersOf(ctx) });
  await deeds[tool.does](ctx, server, legacy);
  return text("done");
}

const deeds = {
  async log({ mcpReq }) {
    for (const said of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
      await mcpReq.log("info", said);
      await sleep(STEP);
    }
  },
  async progress({ mcpReq: { _meta, notify } }) {
    for (const progress of [0, 50, 100]) {
      const params = { progressToken: _meta?.progressToken, progress, total: 100 };
      if (params.progressToken !== undefined) await notify({ method: "notifications/progress", params });
      await sleep(STEP);
    }
  },
  async reconnect({ http }) {
    http?.closeSSE?.();
    await sleep(2 * STEP);
  },
  tools_changed: (_, server, legacy) => (legacy ? server.server.sendToolListChanged() : modern.notify.toolsChanged()),
  prompts_changed: (_, server, legacy) => (legacy ? server.server.sendPromptListChanged() : modern.notify.promptsChanged()),
};

/** The questions to ask before the answer, if any. The client keeps the number of the round as its state. */
async function asked({ rounds = [], sealed, whoever_is_there }, said, { mcpReq }) {
  const { round = 0, earlier = {} } = mcpReq.requestState() ?? {};
  const answers = { ...earlier, ...mcpReq.inputResponses };
  const open = (wanted) => Object.keys(wanted ?? {}).some((key) => inputResponse(answers, key).kind === "missing");
  const next = rounds[round] && !open(rounds[round]) ? round + 1 : round;
  if (!rounds[next]) return undefined;
  const inputRequests = whoever_is_there ? those(rounds[next], mcpReq.envelope) : filled(rounds[next], said);
  const requestState = sealed && (await states.mint({ round: next, earlier: answers }));
  return inputRequired({ inputRequests, ...(requestState && { requestState }) });
}

/** The questions that this client can answer. */
function those(questions, envelope) {
  const able = envelope?.["io.modelcontextprotocol/clientCapabilities"] ?? {};
  return Object.fromEntries(Object.entries(questions).filter(([, { method }]) => able[method.split("/")[0]]));
}

/** The client's answers, as a text. */
function answersOf({ mcpReq }) {
  return JSON.stringify(mcpReq.inputResponses ?? {}).replaceAll('"', "'");
}

function text(said) {
  return { content: [{ type: "text", text: said }] };
}

/** Serves old and new revisions on one path; each session of an older revision has its own server. */
async function serve(request) {
  const strange =
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ?? originValidationResponse(request, localhostAllowedOrigins());
  if (strange) return strange;
  if (!(await isLegacyRequest(request))) return modern.fetch(trusting ? await fitting(request) : request);
  const transport = await sessions.get(request.headers.get("mcp-session-id"));
  return transport ? transport.handleRequest(request) : new Response(null, { status: 404 });
}

/** The request with headers that agree with its body, for a server that does not compare them. */
async function fitting(request) {
  const { method, params } = await request.clone().json();
  const headers = new Headers(request.headers);
  headers.set("mcp-method", method);
  const name = params?.name ?? params?.uri;
  if (name) headers.set("mcp-name", name);
  return new Request(request, { headers });
}

async function openSession(options) {
  const eventStore = new EventMemory();
  const transport = new WebStandardStreamableHTTPServerTransport({ ...options, eventStore, retryInterval: 10 * STEP });
  await build(true).connect(transport);
  return transport;
}

listen(toNodeHandler({ fetch: serve }, { onerror: console.error }));
