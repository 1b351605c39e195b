// Plays a scenario of the official conformance suite for clients, on the SDK for TypeScript.
//
// It does not know the scenario: it connects, calls every listed tool, answers every request of the server, and logs in
// where it must.
// Usage: client.mjs [GATEWAY] URL, with the suite's environment variables. Requests to the server's host and port go to the
// gateway instead, still under the server's name, as in a service mesh that redirects connections.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

const { MCP_CONFORMANCE_CONTEXT = "{}", MCP_CONFORMANCE_PROTOCOL_VERSION: revision = "2025-11-25" } = process.env;
const [url, gateway] = process.argv.slice(2).reverse();
const server = new URL(url);
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT);
const TRIES = 3; // a client must give up at some time

async function through(input, init = {}) {
  const url = new URL(input);
  if (!gateway || url.host !== server.host) return fetch(url, init);
  const headers = new Headers(init.headers);
  headers.set("host", url.host);
  headers.set("x-envoy-original-dst-host", `127.0.0.1:${url.port}`);
  return fetch(new URL(`http://${gateway}${url.pathname}${url.search}`), { ...init, headers });
}

/** A user who agrees to everything, and the storage for the authorization server's data. */
class Login {
  redirectUrl = "http://localhost:1/callback";
  clientMetadataUrl = "https://conformance-test.local/client-metadata.json";
  clientMetadata = {
    client_name: "client-of-the-fixtures",
    redirect_uris: [this.redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_post",
  };
  #client = context.client_id && { client_id: context.client_id, client_secret: context.client_secret };
  clientInformation = () => this.#client;
  saveClientInformation = (client) => void (this.#client = client);
  tokens = () => this.token;
  saveTokens = (token) => void (this.token = token);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;

  redirectToAuthorization = async (url) => {
    const answer = await fetch(url, { redirect: "manual" });
    this.answer = new URL(answer.headers.get("location")).searchParams;
  };
}

const login = new Login();

/** Logs in and tries again where the server requires it. */
async function trying(transport, act) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || tries === TRIES) throw error;
      await transport().finishAuth(login.answer);
    }
  }
}

function connected() {
  const capabilities = { elicitation: { form: { applyDefaults: true } }, roots: {}, sampling: {} };
  const client = new Client({ name: "client-of-the-fixtures", version: "1.0.0" }, {
    capabilities,
    versionNegotiation: { mode: revision >= "2026" ? "auto" : "legacy" },
  });
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: {} }));
  client.setRequestHandler("roots/list", () => ({ roots: [] }));
  const content = { type: "text", text: "yes" };
  client.setRequestHandler("sampling/createMessage", () => ({ model: "made-up", role: "assistant", content }));
  let transport;
  return trying(() => transport, async () => {
    transport = new StreamableHTTPClientTransport(server, { fetch: through, authProvider: login });
    await client.connect(transport);
    return { client, transport };
  });
}

/** A value of the type of each argument. An object is the first tool's schema, for the tool that expects a schema. */
function argumentsFor({ properties = {} }) {
  const values = { string: "text", number: 1, integer: 1, boolean: true, array: [], object: tools[0].inputSchema };
  return Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, values[type] ?? {}]));
}

const { client, transport } = await connected();
const { tools } = await trying(() => transport, () => client.listTools());
const calls = context.toolCalls ?? tools.map(({ name, inputSchema }) => ({ name, arguments: argumentsFor(inputSchema) }));
for (const call of calls) {
  // A tool may fail on purpose: only the requests matter.
  await trying(() => transport, () => client.callTool(call)).catch((error) => console.error(call.name, error));
}
await client.close();
