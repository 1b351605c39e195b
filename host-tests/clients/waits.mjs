// Turns calls of one tool into what an SDK for TypeScript gives to their caller: the twin of `waits.py`.
//
// It never changes a setting of the SDK: its time limits and the number of its rounds are those of every user.
// Usage: waits.mjs URL legacy|auto MODULE..., the modules of one SDK with its client, its transport and, in line 1, its types.
// The lines of its input and output are those of `waits.py`.

import { createInterface } from "node:readline";

const TOOL = "deploy";
const [url, mode, ...names] = process.argv.slice(2);
const modules = await Promise.all(names.map((name) => import(name)));
const { Client, StreamableHTTPClientTransport, ElicitRequestSchema } = Object.assign({}, ...modules);
const isLine1 = ElicitRequestSchema !== undefined;

/** A client, and its user. */
class Caller {
  links = [];

  constructor({ token, user }) {
    const capabilities = user ? { elicitation: { form: {}, url: {} } } : {};
    this.client = new Client({ name: "client-of-the-test", version: "1.0.0" }, { capabilities, versionNegotiation: { mode } });
    const shown = ({ params }) => (this.links.push(params.url), { action: user });
    if (user) this.client.setRequestHandler(isLine1 ? ElicitRequestSchema : "elicitation/create", shown);
    const headers = { authorization: `Bearer ${token}` };
    this.opened = this.client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  }

  async call({ caller, arguments: args }) {
    this.links = [];
    this.controller = new AbortController();
    const { signal } = this.controller;
    const raised = ({ name, message }) => ({ raised: signal.aborted ? "left" : `${name}: ${message}` });
    const saw = await this.result(args, signal).then((result) => ({ result }), raised);
    process.stdout.write(`${JSON.stringify({ caller, links: this.links, saw })}\n`);
  }

  async result(args, signal) {
    await this.opened;
    const params = { name: TOOL, arguments: args };
    // In line 1 the schema of the result precedes the options.
    return isLine1 ? this.client.callTool(params, undefined, { signal }) : this.client.callTool(params, { signal });
  }
}

const callers = new Map();

for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text);
  if (line.leave) {
    callers.get(line.leave).controller.abort();
    continue;
  }
  if (!callers.has(line.caller)) callers.set(line.caller, new Caller(line));
  void callers.get(line.caller).call(line);
}
process.exit(0);
