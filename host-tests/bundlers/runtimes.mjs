// Turns a gateway on the handler of the Fetch API into what its clients and its MCP server see, in each runtime that serves it.
//
// It prints one line of JSON for each runtime, {"way", "told"} or {"way", "failed"}, and never stops at one that fails.
// Usage: runtimes.mjs, with {"folder", "package"} as JSON on stdin: a folder to build in, which can import the package, and the package.

import { execFile } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { inBun, inDeno, inWorkerd } from "./running.mjs";

const options = JSON.parse(await text(process.stdin));
const HERE = createRequire(import.meta.url);
const run = promisify(execFile);
const PROGRAM = "gateway.js";
/** The longest time for an answer, in milliseconds. */
const LIMIT = 30_000;

const message = (method, params = {}) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
const callOf = (name) => message("tools/call", { name, arguments: {} });
const answer = (result) => JSON.stringify({ jsonrpc: "2.0", id: 1, result });
const event = (data) => `data: ${data}\n\n`;
const PROGRESS = event('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"half"}}');
const RAN = answer({ content: [{ type: "text", text: "It ran." }] });
const toolsOf = (...names) => answer({ tools: names.map((name) => ({ name })) });

/** The MCP server behind the gateway: the messages that reached it, the last one's URL at the gateway, and the stream that it has open. */
const server = { saw: [], url: undefined, stream: undefined };
const upstream = http.createServer(async (request, response) => {
  const body = await text(request);
  const { method, params } = JSON.parse(body);
  server.saw.push(body);
  server.url = request.headers["x-url"];
  if (params.name === "watch") {
    server.stream = response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(PROGRESS);
  } else {
    response.writeHead(200, { "content-type": "application/json" }).end(method === "tools/list" ? toolsOf("run", "drop", "watch") : RAN);
  }
});

/** What a client and the server see of a gateway. Each takes the address. */
const SEEN = {
  async list(at) {
    return (await (await post(at, message("tools/list"))).json()).result.tools.map(({ name }) => name);
  },
  async denied(at) {
    return [await outcome(await post(at, callOf("drop"))), server.saw.length];
  },
  async counted(at) {
    const outcomes = [];
    for (const path of ["/mcp", "/same", "/mcp", "/same"]) outcomes.push(await outcome(await post(at, callOf("run"), path)));
    return [...outcomes, server.saw.length];
  },
  async pieces(at) {
    const whole = message("ping", { text: "ü".repeat(100) });
    const bytes = new TextEncoder().encode(whole);
    const pieces = [bytes.subarray(0, 30), bytes.subarray(30, 101), bytes.subarray(101)];
    const body = new ReadableStream({ pull: (controller) => (pieces.length ? controller.enqueue(pieces.shift()) : controller.close()) });
    return [await outcome(await post(at, body)), server.saw[0] === whole];
  },
  async letters(at) {
    return outcome(await sent(at, "/mcp", message("ping"), { "x-city": Buffer.from("Łódź").toString("latin1") }));
  },
  /** A runtime may resolve the address before the gateway has it. Where it does not, a router could read another one than the policy. */
  async addresses(at) {
    const seen = [];
    for (const target of ["/public", "/secret/../public", "/secret\\..\\public", "http://secret.example/public"]) {
      const text = await outcome(await sent(at, target, callOf("run"), { host: "public.example" }));
      seen.push(text === "It ran." ? server.url : text);
    }
    const [first, ...others] = seen;
    return [first, others.filter((other) => other !== first && other !== "not_allowed")];
  },
  async tooLong(at) {
    return [await outcome(await post(at, message("ping", { text: "x".repeat(5000) }))), server.saw.length];
  },
  /** The server sends an event once the client has the one before. */
  async stream(at) {
    const reader = await watching(at);
    const first = await read(reader);
    server.stream.write(event(RAN).slice(0, 20));
    server.stream.end(event(RAN).slice(20));
    return [first === PROGRESS, (await read(reader)) === event(RAN), await end(reader)];
  },
  /** Workers notice with the next event that the client has left. */
  async left(at) {
    const reader = await watching(at);
    const first = await read(reader);
    const ended = once(server.stream, "close", { signal: AbortSignal.timeout(LIMIT) });
    const events = setInterval(() => server.stream.write(PROGRESS), 20);
    await reader.cancel();
    await ended.finally(() => clearInterval(events));
    return first === PROGRESS;
  },
  async broken(at) {
    const reader = await watching(at);
    const first = await read(reader);
    server.stream.destroy();
    return [first === PROGRESS, await end(reader)];
  },
};

const post = (at, body, path = "/mcp") => fetch(at + path, {
  method: "POST",
  body,
  duplex: "half",
  headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
  signal: AbortSignal.timeout(LIMIT),
});

/** The answer to a request whose target and header fields are sent as they are written. */
async function sent(at, target, body, headers) {
  const options = { method: "POST", path: target, headers: { "content-type": "application/json", ...headers }, signal: AbortSignal.timeout(LIMIT) };
  // Node would write the fields as UTF-8 before a body that is a text.
  const [response] = await once(http.request(at, options).end(Buffer.from(body)), "response");
  return new Response(await text(response));
}

/** The text of a result, or the reason of a refusal. @param {Response} response */
async function outcome(response) {
  const { error, result } = await response.json();
  return error?.data?.reason ?? result._meta?.["mcp-policy/decision"]?.reason ?? result.content[0].text;
}

const watching = async (at) => (await post(at, callOf("watch"))).body.getReader();

/** The next whole events of a stream. */
async function read(reader) {
  let read = "";
  do read += Buffer.from((await reader.read()).value ?? "\n\n").toString();
  while (!read.endsWith("\n\n"));
  return read;
}

/** The end of a stream. */
const end = (reader) => reader.read().then(({ done }) => (done ? "done" : "more"), () => "broken");

/** What is seen of the gateway at an address. */
async function told(at) {
  const told = {};
  for (const [name, look] of Object.entries(SEEN)) {
    server.saw = [];
    told[name] = await look(at).catch((error) => `${error.stack} ${error.cause ?? ""}`);
  }
  return told;
}

const WAYS = {
  "Bun": (env) => inBun(options.folder, PROGRAM, env, told),
  "Deno": (env) => inDeno(options.folder, PROGRAM, env, told),
  async "Cloudflare Workers"(env) {
    const esbuild = path.join(path.dirname(HERE.resolve("esbuild/package.json")), "bin/esbuild");
    const build = ["--bundle", "--log-level=warning", "--format=esm", "--conditions=workerd", "--external:*.wasm", "--outfile=worker.js"];
    await run(process.execPath, [esbuild, PROGRAM, ...build], { cwd: options.folder });
    fs.copyFileSync(path.join(options.package, "mcp_policy_bg.wasm"), path.join(options.folder, "mcp_policy_bg.wasm"));
    return inWorkerd(options.folder, "worker.js", env, told);
  },
};

fs.rmSync(options.folder, { recursive: true, force: true });
fs.mkdirSync(options.folder, { recursive: true });
fs.writeFileSync(path.join(options.folder, "package.json"), '{ "type": "module" }\n');
fs.copyFileSync(new URL(PROGRAM, import.meta.url), path.join(options.folder, PROGRAM));
upstream.listen(0, "127.0.0.1");
await once(upstream, "listening");
const env = { UPSTREAM: `http://127.0.0.1:${upstream.address().port}/` };
for (const [way, serve] of Object.entries(WAYS)) {
  const line = await serve(env).then((told) => ({ told }), (error) => ({ failed: `${error.stack}` }));
  console.log(JSON.stringify({ way, ...line }));
}
process.exit();
