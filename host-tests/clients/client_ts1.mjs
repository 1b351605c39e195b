// Turns the SDK for TypeScript 1.x into a session that `play.mjs` can play with.
//
// It sends no message itself: each method is the SDK's.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  EmptyResultSchema,
  ListRootsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { ANSWERS, CAPABILITIES, INFO, METHODS, REQUEST_LIMIT, play } from "./play.mjs";

// In this line the schema of the result precedes the options.
const OWN_METHODS = { ...METHODS, "tools/call": (client, params, options) => client.callTool(params, undefined, options) };

async function connect(url, _mode, wire, onNews) {
  const client = new Client(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, () => ANSWERS.elicitation);
  client.setRequestHandler(CreateMessageRequestSchema, () => ANSWERS.sampling);
  client.setRequestHandler(ListRootsRequestSchema, () => ANSWERS.roots);
  client.fallbackNotificationHandler = async (message) => onNews(message);
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: wire.fetch });
  await client.connect(transport);
  const request = (method, params, options) => {
    const call = OWN_METHODS[method] ?? (() => client.request({ method, params }, EmptyResultSchema, options));
    return call(client, params, { timeout: REQUEST_LIMIT, ...options });
  };
  return {
    isProtocolError: (error) => error instanceof McpError,
    learnt: () => ({
      revision: transport.protocolVersion,
      server: client.getServerVersion(),
      capabilities: client.getServerCapabilities(),
      instructions: client.getInstructions(),
    }),
    request,
    followTask: (params, options) => followTask(client, params, { timeout: REQUEST_LIMIT, ...options }),
    notify: (method) => client.notification({ method }),
    listen: async ({ resourceSubscriptions = [] }) => {
      for (const uri of resourceSubscriptions) await request("resources/subscribe", { uri });
    },
    close: async () => {
      await transport.terminateSession();
      await client.close();
    },
  };
}

/** Makes a call that becomes a task, and waits for its end. */
async function followTask(client, params, options) {
  const statuses = [];
  const task = { ttl: 60_000 };
  for await (const { type, task: { status } = {}, result, error } of client.experimental.tasks.callToolStream(params, undefined, { ...options, task })) {
    if (type === "error") throw error;
    if (type === "result") return { began: statuses[0], ended: statuses.at(-1), content: result.content };
    statuses.push(status);
  }
}

await play(connect);
