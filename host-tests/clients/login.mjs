// Turns a server that asks for a login into the tools that a client on an SDK for TypeScript lists and calls after it.
//
// It sends no request of OAuth itself but that of the user's browser: each other one is the SDK's.
// Usage: login.mjs MODULE..., the modules of one SDK with its client and its transport, and {"url", "tool", "token"?} on
// stdin, with a token of an earlier login; prints {"logins", "tools", "result"} or {"logins", "ended"}.

import { text } from "node:stream/consumers";

const modules = await Promise.all(process.argv.slice(2).map((name) => import(name)));
const { Client, StreamableHTTPClientTransport } = Object.assign({}, ...modules);
const { url, tool, token } = JSON.parse(await text(process.stdin));

// Nothing listens there: the test takes the code from the redirect.
const BACK = "http://127.0.0.1:9/callback";

/** The memory of a client, and its user, who consents. */
class Provider {
  logins = 0;
  saved = token && { access_token: token, token_type: "Bearer" };
  redirectUrl = BACK;
  clientMetadata = {
    client_name: "client-of-the-test",
    redirect_uris: [BACK],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  redirectToAuthorization = async (authorize) => {
    this.logins += 1;
    const { status, headers } = await fetch(authorize, { redirect: "manual" });
    if (status !== 302) throw new Error(`the login ended with ${status}`);
    this.code = new URL(headers.get("location")).searchParams.get("code");
  };
}

const provider = new Provider();

async function connect() {
  const client = new Client({ name: "client-of-the-test", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" } });
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  try {
    await client.connect(transport);
  } catch (error) {
    const { code } = provider;
    // A user gives up where the token of a login is refused.
    if (!code || provider.logins > 1) throw error;
    provider.code = undefined;
    await transport.finishAuth(code);
    return connect();
  }
  return client;
}

async function play() {
  const client = await connect();
  const { tools } = await client.listTools();
  const { content } = await client.callTool({ name: tool, arguments: {} });
  return { tools: tools.map(({ name }) => name), result: content[0].text };
}

const saw = await play().catch((error) => ({ ended: `${error.name}: ${error.message}` }));
process.stdout.write(`${JSON.stringify({ logins: provider.logins, ...saw })}\n`);
process.exit(0);
