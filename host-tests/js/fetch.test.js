// The handler for the Fetch API: alone, under Hono, and around a transport of the official SDK.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { mock, test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { createFetchHandler } from "mcp-policy/fetch";
import { callOf, gate, JSON_HEADERS, LIMITED, LIST, listening, mcpServer, OPEN, opened, reasonOf, RESULT, toolsOf } from "./servers.js";
import { policy } from "./support.js";

/** @typedef {import("mcp-policy/fetch").FetchOptions} FetchOptions */

const URL_ = "http://mcp.example/mcp";
const JSON_TYPE = { "content-type": "application/json" };

/** @param {string | ReadableStream} body @param {RequestInit} [init] */
const request = (body, init = {}) =>
  new Request(URL_, /** @type {any} */ ({ method: "POST", body, duplex: "half", ...init, headers: { ...JSON_HEADERS, ...init.headers } }));

/** @param {string} body */
const json = (body) => new Response(body, { headers: JSON_TYPE });

/** @param {string[]} pieces */
function streamOf(...pieces) {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Buffer.from(piece));
      controller.close();
    },
  });
}

/**
 * A handler under a policy, with what it sees.
 * @param {unknown} document @param {(request: Request) => Response | Promise<Response>} handler @param {FetchOptions} [options]
 */
function handling(document, handler, options = {}) {
  /** @type {{ lines: any[], errors: any[], calls: Request[] }} */
  const saw = { lines: [], errors: [], calls: [] };
  const log = (/** @type {string} */ line) => void saw.lines.push(JSON.parse(line));
  const onError = (/** @type {unknown} */ error) => void saw.errors.push(error);
  const handle = createFetchHandler(policy(document), (request) => {
    saw.calls.push(request);
    return handler(request);
  }, { log, onError, ...options });
  return { handle, ...saw };
}

/** Serves an MCP server of the SDK. @param {Request} request */
async function sdk(request) {
  const transport = new WebStandardStreamableHTTPServerTransport();
  await mcpServer().connect(/** @type {any} */ (transport));
  return transport.handleRequest(request);
}

for (const way of ["alone", "under Hono"]) {
  test(`${way}: client on the SDK sees the tools of the policy, is refused others and counted`, async () => {
    const { handle, lines, errors } = handling(LIMITED, sdk);
    const app = new Hono();
    app.all("/mcp", (c) => handle(c.req.raw));
    const server = createServer(getRequestListener(way === "alone" ? handle : app.fetch));
    await listening(server, async (port) => {
      const client = new Client({ name: "test", version: "1" });
      await client.connect(/** @type {any} */ (new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`))));
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map(({ name }) => name), ["add", "fail"]);
      const saw = async (/** @type {string} */ name) => /** @type {any} */ (await client.callTool({ name })).content[0].text;
      assert.match(await saw("drop"), /^\[POLICY DENIED\]/);
      assert.deepEqual([await saw("add"), await saw("add")], ["3", "3"]);
      assert.match(await saw("add"), /The limit of 2 calls is used up/);
      await client.close();
      assert.deepEqual(lines.filter(({ tool }) => tool).map(({ decision }) => decision), ["deny", "allow", "allow", "deny"]);
      assert.deepEqual(errors, []);
    });
  });
}

test("request in pieces reaches the handler as one judged body", async () => {
  const text = callOf("add");
  const { handle, calls } = handling(LIMITED, async (request) => json(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { saw: await request.text() } })));
  const response = await handle(request(streamOf(text.slice(0, 5), text.slice(5, 30), text.slice(30))));
  assert.equal((await response.json()).result.saw, text);
  assert.deepEqual([calls[0]?.method, calls[0]?.url], ["POST", URL_]);
});

test("body that is too long is refused without an end, and no more of it is read", async () => {
  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(Buffer.alloc(1024, ++pulled && "x")),
    cancel: () => void (cancelled = true),
  });
  const { handle, calls } = handling({ ...OPEN, host: { max_request_bytes: 4096 } }, () => json(RESULT));
  assert.equal(await reasonOf(await handle(request(endless))), "unreadable");
  assert.deepEqual([calls.length, cancelled], [0, true]);
  assert.ok(pulled < 8, String(pulled));
});

test("body that was read before is refused, with an error that says what to do", async () => {
  const { handle, calls, errors } = handling(OPEN, () => json(RESULT));
  const read = request(callOf("run"));
  await read.json();
  assert.equal((await handle(read)).status, 503);
  assert.match(String(errors[0]), /call the handler before `request\.json\(\)`/);
  assert.equal(calls.length, 0);
  assert.equal((await handle(request(callOf("run")))).status, 200);
});

test("list loses its hidden names, also where it comes in pieces", async () => {
  const list = toolsOf("add", "drop");
  for (const body of [list, streamOf(list.slice(0, 20), list.slice(20))]) {
    const { handle } = handling(LIMITED, () => new Response(body, { headers: { ...JSON_TYPE, "content-length": String(list.length) } }));
    const response = await handle(request(LIST));
    assert.equal(response.headers.get("content-length"), null);
    assert.equal(await response.text(), toolsOf("add"));
  }
});

test("stream flows event by event, as fast as the client reads", async () => {
  const event = (/** @type {string} */ text) => `data: ${text}\n\n`;
  const pieces = [event('{"jsonrpc":"2.0","method":"notifications/message"}'), event(toolsOf("add", "drop")).slice(0, 30), event(toolsOf("add", "drop")).slice(30)];
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      const piece = pieces[pulled++];
      if (piece === undefined) controller.close();
      else controller.enqueue(Buffer.from(piece));
    },
  }, { highWaterMark: 0 });
  const { handle } = handling(LIMITED, () => new Response(body, { headers: { "content-type": "text/event-stream" } }));
  const response = await handle(request(LIST));
  assert.equal(pulled, 0, "nobody has read");
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const read = async () => Buffer.from((await reader.read()).value ?? []).toString();
  assert.equal(await read(), pieces[0]);
  assert.equal(pulled, 1);
  assert.equal(await read(), event(toolsOf("add")));
});

test("client that reads no further ends the handler's stream and the exchange", async () => {
  const cancelled = gate();
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(Buffer.from(": comment\n\n")),
    cancel: cancelled.open,
  });
  const { handle, errors } = handling(LIMITED, () => new Response(body, { headers: { "content-type": "text/event-stream" } }));
  const response = await handle(request(callOf("add")));
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  await reader.read();
  await reader.cancel("enough");
  assert.equal(await cancelled.passed, "enough");
  assert.deepEqual(errors, []);
});

test("request that is aborted before its verdict never reaches the handler", async () => {
  const giveUp = new AbortController();
  const { handle, calls, errors } = handling(LIMITED, () => json(RESULT), { verified: async () => void giveUp.abort() });
  assert.equal((await handle(request(callOf("add"), { signal: giveUp.signal }))).status, 499);
  assert.deepEqual([calls.length, errors.length], [0, 0]);
  for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await handle(request(callOf("add")))), expected);
});

test("handler that throws is unavailable, and the program is told", async () => {
  const faults = [() => { throw new Error("no database"); }, () => Promise.reject(new Error("no database")), () => /** @type {any} */ (undefined)];
  for (const fault of faults) {
    const { handle, errors } = handling(OPEN, fault);
    assert.equal(await reasonOf(await handle(request(callOf("run")))), "unavailable");
    assert.equal(errors.length, 1);
  }
});

test("stream that breaks is broken for the client", async () => {
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
  const { handle } = handling(LIMITED, () => new Response(body, { headers: JSON_TYPE }));
  await assert.rejects((await handle(request(LIST))).text(), /gone/);
});

test("redirect past the policy is withheld", async () => {
  const { handle, lines } = handling(LIMITED, () => new Response(null, { status: 307, headers: { location: "http://elsewhere.example/" } }));
  const response = await handle(request(callOf("add")));
  assert.equal(response.headers.get("location"), null);
  assert.equal(lines.at(-1).event, "response");
});

test("credential of the policy does not reach the handler", async () => {
  const bearer_sha256 = "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0";
  for (const [grants, expected] of /** @type {[object, boolean][]} */ ([[{ grants: { ada: { match: { bearer_sha256 }, policy: "main" } } }, false], [{}, true]])) {
    const { handle, calls } = handling({ ...OPEN, ...grants }, () => json(RESULT));
    assert.equal((await handle(request(callOf("run"), { headers: { authorization: "Bearer token" } }))).status, 200);
    assert.equal(calls[0]?.headers.has("authorization"), expected);
  }
});

test("value that may be two joined fields is neither of them, nor both", async () => {
  const document = { ...OPEN, identity: { from: [{ header: "x-user", set_by_gateway: true }] } };
  const { handle, calls } = handling(document, () => json(RESULT));
  const asked = async (/** @type {string[]} */ ...users) => {
    const headers = new Headers(JSON_HEADERS);
    for (const user of users) headers.append("x-user", user);
    return reasonOf(await handle(new Request(URL_, { method: "POST", body: callOf("run"), headers })));
  };
  assert.deepEqual([await asked("admin", "eve"), await asked("admin, eve"), await asked("admin")], ["identity", "identity", undefined]);
  assert.equal(calls.length, 1);
});

const PUBLIC = { version: "1", default: "deny", tools: { run: {} }, servers: { public: { match: { host: "public.example" } }, files: { match: { path: "/files" } } } };

test("request whose header names another host than its URL is for no server by host", async () => {
  const { handle, calls } = handling(PUBLIC, () => json(RESULT));
  const asked = async (/** @type {string} */ url, /** @type {Record<string, string>} */ headers = {}) =>
    reasonOf(await handle(new Request(url, { method: "POST", body: callOf("run"), headers: { ...JSON_HEADERS, ...headers } })));
  for (const host of ["secret.example", "public.example, secret.example", "public.example/", "public.example:81", "x@public.example", "[", ""]) {
    assert.equal(await asked("http://public.example/x", { host }), "not_allowed", host);
  }
  assert.equal(await asked("http://secret.example/x", { host: "public.example" }), "not_allowed");
  assert.equal(calls.length, 0);
  assert.equal(await asked("http://public.example/x"), undefined);
  assert.equal(await asked("http://public.example:80/x", { host: "PUBLIC.example" }), undefined);
});

test("request line with a host of its own is for no server by the host of the header", async () => {
  const { handle, calls } = handling(PUBLIC, () => json(RESULT));
  await listening(createServer(getRequestListener(handle)), async (port) => {
    for (const [path, expected] of /** @type {[string, boolean][]} */ ([["http://secret.example/x", true], ["/x", false]])) {
      const sent = opened(port, { host: "public.example" });
      sent.path = path;
      sent.end(callOf("run"));
      const [response] = await once(sent, "response");
      assert.equal(Buffer.concat(await response.toArray()).toString().includes('"not_allowed"'), expected, path);
    }
    assert.equal(calls.length, 1);
  });
});

test("path that the runtime has not resolved is for no server by path", async () => {
  const { handle } = handling(PUBLIC, () => json(RESULT));
  const asked = async (/** @type {string} */ path) => reasonOf(await handle(Object.defineProperty(request(callOf("run")), "url", { value: `http://mcp.example${path}` })));
  for (const path of ["/secret/../files", "/secret/%2e%2e/files", "/secret\\..\\files", "/./files", "/files#/../secret"]) {
    assert.equal(await asked(path), "not_allowed", path);
  }
  for (const path of ["/files", "/files?x=/../secret"]) assert.equal(await asked(path), undefined, path);
});

test("further arguments reach the handler, and GET and DELETE have no body", async () => {
  const handle = createFetchHandler(policy(OPEN), (/** @type {Request} */ request, /** @type {{ name: string }} */ env) => new Response(`${request.method} ${env.name}`), { log: false });
  const asked = async (/** @type {string} */ method) => (await handle(new Request(URL_, { method }), { name: "worker" })).text();
  assert.deepEqual([await asked("GET"), await asked("DELETE")], ["GET worker", "DELETE worker"]);
  assert.ok((await handle(new Request(URL_, { method: "HEAD" }), { name: "" })).status >= 400);
});

test("status without a body passes, and cookies stay apart", async () => {
  const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  const { handle } = handling(OPEN, () => new Response(null, { status: 202, statusText: "Taken", headers }));
  const response = await handle(request('{"jsonrpc":"2.0","method":"notifications/initialized"}'));
  assert.deepEqual([response.status, response.statusText, response.body], [202, "Taken", null]);
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

test("policy that needs facts has their sources, or the handler throws at once", () => {
  const limits = [{ counter: "calls", window: "minute", max: 1, scope: "ip" }];
  const make = (/** @type {object} */ rules) => createFetchHandler(policy({ ...OPEN, ...rules }), () => json(RESULT));
  assert.throws(() => make({ all_tools: { limits } }), /write `options\.peer`/);
  assert.throws(() => make({ servers: { files: { match: { cluster: "files" } } } }), /write `options\.cluster`/);
  assert.throws(() => createFetchHandler(policy(OPEN), /** @type {any} */ ({})), /`handler` is not a function/);
});

test("server with two listeners counts together where they have the same counters", async () => {
  const { memoryCounters } = await import("mcp-policy/memory");
  const counters = memoryCounters(policy(LIMITED));
  const [one, other] = [handling(LIMITED, () => json(RESULT), { counters }), handling(LIMITED, () => json(RESULT), { counters })];
  const asked = async (/** @type {typeof one} */ { handle }) => reasonOf(await handle(request(callOf("add"))));
  assert.deepEqual([await asked(one), await asked(other), await asked(one), await asked(other)], [undefined, undefined, "rate_limited", "rate_limited"]);
});

test("handler made where there are no random bytes yet, as at the start of a Worker, counts from its first request on", async () => {
  const none = mock.method(crypto, "getRandomValues", () => {
    throw new Error("Disallowed operation called within global scope");
  });
  const { handle, errors } = handling(LIMITED, () => json(RESULT));
  assert.equal((await handle(request(callOf("add")))).status, 503);
  assert.equal(errors.length, 1);
  none.mock.restore();
  for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await handle(request(callOf("add")))), expected);
});
