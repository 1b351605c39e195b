// Turns the SDK for TypeScript 2.x into a session that `play.mjs` can play with.
//
// It sends no message itself: each method is the SDK's.

import { Client, ProtocolError, StreamableHTTPClientTransport, specTypeSchemas } from "@modelcontextprotocol/client";
import { ANSWERS, CAPABILITIES, INFO, METHODS, REQUEST_LIMIT, play } from "./play.mjs";

async function connect(url, mode, wire, onNews) {
  const client = new Client(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
  client.setRequestHandler("elicitation/create", () => ANSWERS.elicitation);
  client.setRequestHandler("sampling/createMessage", () => ANSWERS.sampling);
  client.setRequestHandler("roots/list", () => ANSWERS.roots);
  client.fallbackNotificationHandler = async (message) => onNews(message);
  const transport = new StreamableHTTPClientTransport(new URL(url), { fetch: wire.fetch });
  await client.connect(transport);
  const modern = client.getProtocolEra() === "modern";
  const request = (method, params, options) => {
    const call = METHODS[method] ?? (() => client.request({ method, params }, specTypeSchemas.EmptyResult, options));
    return call(client, params, { timeout: REQUEST_LIMIT, ...options });
  };
  return {
    isProtocolError: (error) => error instanceof ProtocolError,
    learnt: () => ({
      revision: client.getNegotiatedProtocolVersion(),
      server: client.getServerVersion(),
      capabilities: client.getServerCapabilities(),
      instructions: client.getInstructions(),
    }),
    request,
    notify: (method) => client.notification({ method }),
    listen: async (filter) => {
      if (modern) return client.listen(filter);
      for (const uri of filter.resourceSubscriptions ?? []) await request("resources/subscribe", { uri });
    },
    close: async () => {
      if (!modern) await transport.terminateSession();
      await client.close();
    },
  };
}

await play(connect);
