// The middleware for Express, Connect and `node:http`, at real servers: the requests that it passes and refuses.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createServer1 } from "node:http";
import { connect, createServer as createServer2 } from "node:http2";
import { test } from "node:test";
import express from "express";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createMiddleware } from "mcp-policy/middleware";
import { callOf, FRAMEWORKS, gate, json, JSON_HEADERS, LIMITED, LIST, listening, mcpServer, OPEN, opened, post, reasonOf, RESULT, serving, toolsOf } from "./servers.js";
import { policy } from "./support.js";

/** @typedef {import("./servers.js").Handler} Handler */

/** Serves an MCP server of the SDK; with `parses`, the body is that of `express.json()`. @param {boolean} parses @returns {Handler} */
const sdk = (parses) => async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: /** @type {any} */ (undefined) });
  res.on("close", () => transport.close());
  await mcpServer().connect(/** @type {any} */ (transport));
  await transport.handleRequest(req, res, parses ? req.body : undefined);
};

for (const [name, framework, parser] of FRAMEWORKS) {
  for (const parses of [true, false]) {
    test(`${name}: client on the SDK sees the tools of the policy, is refused others and counted${parses ? ", also behind a parser" : ""}`, async () => {
      const after = (/** @type {any} */ app) => parses && app.use(parser());
      await serving(LIMITED, sdk(parses), async ({ url, lines, errors }) => {
        const client = new Client({ name: "test", version: "1" });
        await client.connect(/** @type {any} */ (new StreamableHTTPClientTransport(new URL(url))));
        const { tools } = await client.listTools();
        assert.deepEqual(tools.map(({ name }) => name), ["add", "fail"]);
        const saw = async (/** @type {string} */ name) => /** @type {any} */ (await client.callTool({ name })).content[0].text;
        assert.match(await saw("drop"), /^\[POLICY DENIED\] The tool `drop` is not available/);
        assert.deepEqual([await saw("add"), await saw("add")], ["3", "3"]);
        assert.match(await saw("add"), /The limit of 2 calls is used up/);
        await client.close();
        assert.deepEqual(lines.filter(({ tool }) => tool).map(({ decision }) => decision), ["deny", "allow", "allow", "deny"]);
        assert.deepEqual(errors, []);
      }, { framework, after });
    });
  }

  test(`${name}: parser before the middleware has the request refused, with an error that says what to do`, async () => {
    for (const [before, expected] of /** @type {[(app: any) => void, number][]} */ ([
      [(app) => app.use(parser()), 503],
      [() => undefined, 200],
    ])) {
      await serving(OPEN, json(RESULT), async ({ url, errors, calls }) => {
        const response = await post(url, callOf("run"));
        assert.equal(response.status, expected);
        assert.equal(calls.length, expected === 200 ? 1 : 0);
        assert.match(String(errors), expected === 200 ? /^$/ : /put `app\.use\(createMiddleware\(policy\)\)` before `express\.json\(\)`/);
      }, { framework, before });
    }
  });

  test(`${name}: server by path and host, and the peer of the socket, are those of the request`, async () => {
    const servers = { files: { match: { path: "/mcp/files", host: "files.example" } } };
    const limits = [{ counter: "calls", window: "minute", max: 1, scope: "ip" }];
    const document = { version: "1", default: "deny", servers, all_tools: { limits }, tools: { run: {} } };
    await serving(document, json(RESULT), async ({ port }) => {
      const ask = async (/** @type {string} */ path, /** @type {string} */ host) => {
        const request = opened(port, { host });
        request.path = path;
        request.end(callOf("run"));
        const [response] = await once(request, "response");
        return Buffer.concat(await response.toArray()).toString().includes('"reason"');
      };
      assert.equal(await ask("/mcp/other", "files.example"), true);
      assert.equal(await ask("/mcp/files", "other.example"), true);
      assert.equal(await ask("/mcp/files", "files.example"), false);
      assert.equal(await ask("/mcp/files", "files.example"), true, "the limit of the address is used up");
    }, { framework });
  });
}

/** Ways in which another middleware interferes with the body. @type {[string, (req: any) => unknown][]} */
const READERS = [
  ["has set a body of its own", (req) => (req.body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "drop" } })],
  ["reads the body at the same time", (req) => req.on("data", () => undefined)],
  ["decodes the body", (req) => req.setEncoding("latin1")],
  ["has read a part of the body", (req) => new Promise((resolve) => req.once("readable", () => resolve(req.read(3))))],
];
for (const [name, interferes] of READERS) {
  test(`middleware that ${name} has the request refused`, async () => {
    const before = (/** @type {any} */ app) => app.use(async (/** @type {any} */ req, /** @type {any} */ _, /** @type {any} */ next) => {
      await interferes(req);
      next();
    });
    await serving(OPEN, json(RESULT), async ({ url, errors, calls }) => {
      assert.equal((await post(url, callOf("run"))).status, 503);
      assert.deepEqual([calls.length, errors.length], [0, 1]);
    }, { before });
  });
}

test("two policies in a row both judge the request", async () => {
  const before = (/** @type {any} */ app) => app.use(createMiddleware(policy({ ...OPEN, tools: { drop: { action: "deny" } } }), { log: false }));
  const after = (/** @type {any} */ app) => app.use(express.json());
  await serving({ ...OPEN, tools: { run: { action: "deny" } } }, (req, res) => json(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { sent: req.body.params.name } }))(req, res), async ({ url }) => {
    assert.equal(await reasonOf(await post(url, callOf("drop"))), "denied");
    assert.equal(await reasonOf(await post(url, callOf("run"))), "denied");
    assert.equal((await (await post(url, callOf("other"))).json()).result.sent, "other");
  }, { before, after });
});

test("body in pieces reaches the handler whole, and only after its verdict", async () => {
  const [first, last] = [callOf("add").slice(0, 30), callOf("add").slice(30)];
  /** @type {Handler} */
  const echo = async (req, res) => {
    const pieces = [];
    for await (const piece of req) pieces.push(piece);
    json(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { saw: Buffer.concat(pieces).toString() } }))(req, res);
  };
  const before = (/** @type {any} */ app) => app.use((/** @type {any} */ req, /** @type {any} */ _, /** @type {any} */ next) => next(void arrived.open(req)));
  /** @type {{ open: (req: any) => void, passed: Promise<any> }} */
  const arrived = gate();
  await serving(LIMITED, echo, async ({ port, calls }) => {
    const request = opened(port);
    request.write(first);
    const incoming = await arrived.passed;
    while (!incoming.readableDidRead) await new Promise(setImmediate);
    assert.equal(calls.length, 0);
    request.end(last);
    const [response] = await once(request, "response");
    const body = Buffer.concat(await response.toArray()).toString();
    assert.equal(JSON.parse(body).result.saw, first + last);
  }, { before });
});

test("body that is too long is refused without an end", async () => {
  const document = { ...OPEN, host: { max_request_bytes: 1024 } };
  await serving(document, json(RESULT), async ({ port, calls, lines, url }) => {
    const request = opened(port);
    request.on("error", () => undefined);
    request.write(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(2048)}`);
    const [response] = await once(request, "response");
    assert.equal(response.headers.connection, "close");
    assert.match(Buffer.concat(await response.toArray()).toString(), /too long|bytes/);
    assert.deepEqual([calls.length, lines.length, lines[0].reason], [0, 1, "unreadable"]);
    request.destroy();
    assert.equal((await post(url, callOf("run"))).status, 200);
  });
});

test("body without bytes is refused", async () => {
  await serving(OPEN, json(RESULT), async ({ port, url, calls }) => {
    for (const headers of [{ "transfer-encoding": "chunked" }, { "content-length": "0" }]) {
      const request = opened(port, headers);
      request.end();
      const [response] = await once(request, "response");
      assert.equal(response.statusCode, 400);
      response.resume();
    }
    assert.equal(calls.length, 0);
    assert.equal((await post(url, callOf("run"))).status, 200);
  });
});

test("message that two parsers read differently is refused", async () => {
  const double = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","name":"drop"}}';
  const after = (/** @type {any} */ app) => app.use(express.json());
  await serving(LIMITED, json(RESULT), async ({ url, calls }) => {
    assert.equal(await reasonOf(await post(url, double)), "unreadable");
    assert.equal((await post(url, callOf("add"), { "content-type": "application/json; charset=utf-16" })).status, 400);
    assert.equal((await post(url, callOf("add"), { "content-encoding": "gzip" })).status, 400);
    assert.equal(calls.length, 0);
    assert.equal((await post(url, callOf("add"))).status, 200);
  }, { after });
});

const GRANT = { ada: { match: { bearer_sha256: "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0" }, policy: "main" } };

test("credential of the policy is gone in every form of the headers", async () => {
  for (const [grants, expected] of /** @type {[object, number][]} */ ([[{ grants: GRANT }, 0], [{}, 4]])) {
    let found = 0;
    /** @type {Handler} */
    const look = (req, res) => {
      found = [req.headers, req.headersDistinct].filter((headers) => "authorization" in headers).length;
      found += req.rawHeaders.filter((text) => /^authorization$/i.test(text) || text === "Bearer token").length;
      json(RESULT)(req, res);
    };
    await serving({ ...OPEN, ...grants }, look, async ({ url }) => {
      assert.equal((await post(url, callOf("run"), { authorization: "Bearer token" })).status, 200);
      assert.equal(found, expected);
    });
  }
});

test("methods of HTTP beside POST: HEAD is refused, GET opens a stream, DELETE and OPTIONS pass", async () => {
  /** @type {Handler} */
  const handler = (req, res) => {
    if (req.method === "GET") res.writeHead(200, { "content-type": "text/event-stream" }).end(": open\n\n");
    else res.writeHead(204).end();
  };
  await serving(LIMITED, handler, async ({ url, calls }) => {
    const ask = (/** @type {string} */ method) => fetch(url, { method, headers: { accept: "text/event-stream" } });
    const head = await ask("HEAD");
    assert.deepEqual([head.status >= 400, calls.length], [true, 0]);
    assert.equal(await (await ask("GET")).text(), ": open\n\n");
    assert.deepEqual([(await ask("DELETE")).status, (await ask("OPTIONS")).status], [204, 204]);
    assert.deepEqual(calls.map(({ method }) => method), ["GET", "DELETE", "OPTIONS"]);
  });
});

test("server of HTTP/2 has the same policy", async () => {
  const middleware = createMiddleware(policy(LIMITED), { log: false });
  const server = createServer2((req, res) => {
    middleware(/** @type {any} */ (req), /** @type {any} */ (res), async () => {
      const pieces = [];
      for await (const piece of req) pieces.push(piece);
      res.writeHead(200, { "content-type": "application/json" });
      res.end(Buffer.concat(pieces).toString() === LIST ? toolsOf("add", "drop") : RESULT);
    });
  });
  await listening(/** @type {any} */ (server), async (port) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const ask = async (/** @type {string} */ body) => {
      const stream = session.request({ ":method": "POST", ":path": "/mcp", ...JSON_HEADERS });
      stream.end(body);
      return Buffer.concat(await stream.toArray()).toString();
    };
    assert.equal(await ask(LIST), toolsOf("add"));
    assert.equal(await ask(callOf("add")), RESULT);
    assert.match(await ask(callOf("drop")), /POLICY DENIED/);
    session.close();
  });
});

test("server of node:http needs no framework", async () => {
  const middleware = createMiddleware(policy(LIMITED), { log: false });
  const server = createServer1((req, res) => middleware(req, res, () => json(toolsOf("add", "drop"))(req, res)));
  await listening(server, async (port) => {
    const url = `http://127.0.0.1:${port}/mcp`;
    assert.equal(await (await post(url, LIST)).text(), toolsOf("add"));
    assert.equal(await reasonOf(await post(url, callOf("drop"))), "not_allowed");
  });
});

test("verified claims name the caller, and what the program throws refuses the request", async () => {
  const document = { ...OPEN, grants: { ada: { match: { claim: { sub: "ada" } }, policy: "main" } } };
  assert.throws(() => createMiddleware(policy(document)), /write `options\.verified`, a function that returns \{ claims \}/);
  let claims = () => /** @type {any} */ ({ sub: "ada" });
  await serving(document, json(RESULT), async ({ url, calls, errors }) => {
    assert.equal((await post(url, callOf("run"))).status, 200);
    claims = () => ({ sub: "eve" });
    assert.equal(await reasonOf(await post(url, callOf("run"))), "identity");
    claims = () => { throw new Error("no keys"); };
    assert.equal((await post(url, callOf("run"))).status, 503);
    assert.deepEqual([calls.length, errors.length], [1, 1]);
  }, { verified: () => ({ claims: claims() }) });
});

const PUBLIC = { version: "1", default: "deny", tools: { run: {} }, servers: { public: { match: { host: "public.example" } } } };

test("target in which a program may find another host is for no server by host", async () => {
  const middleware = createMiddleware(policy(PUBLIC), { log: false });
  const server = createServer1((req, res) => middleware(req, res, () => json(RESULT)(req, res)));
  const isRefused = async (/** @type {number} */ port, /** @type {string} */ target) => {
    const request = opened(port, { host: "public.example" });
    request.path = target;
    request.end(callOf("run"));
    const [response] = await once(request, "response");
    return Buffer.concat(await response.toArray()).toString().includes('"not_allowed"');
  };
  await listening(server, async (port) => {
    for (const target of ["http://secret.example/mcp", "//secret.example/mcp", "/\\secret.example/mcp"]) assert.equal(await isRefused(port, target), true, target);
    for (const target of ["/mcp", "/mcp//secret.example", "/http://secret.example/mcp"]) assert.equal(await isRefused(port, target), false, target);
  });
  // A router takes the path of its mount off.
  await serving(PUBLIC, json(RESULT), async ({ port }) => {
    assert.deepEqual([await isRefused(port, "/mcp//secret.example/"), await isRefused(port, "/mcp/secret.example/")], [true, false]);
  });
});

test("two hosts in a request of HTTP/2 are no server's", async () => {
  const middleware = createMiddleware(policy(PUBLIC), { log: false });
  const server = createServer2((req, res) => middleware(/** @type {any} */ (req), /** @type {any} */ (res), () => res.writeHead(200, { "content-type": "application/json" }).end(RESULT)));
  await listening(/** @type {any} */ (server), async (port) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const passes = async (/** @type {object} */ host) => {
      const stream = session.request({ ":method": "POST", ":path": "/mcp", ":authority": "public.example", ...JSON_HEADERS, ...host });
      stream.end(callOf("run"));
      return Buffer.concat(await stream.toArray()).toString() === RESULT;
    };
    const passed = [await passes({ host: "secret.example" }), await passes({ host: "PUBLIC.example" }), await passes({})];
    session.close();
    assert.deepEqual(passed, [false, true, true]);
  });
});

test("options of other types throw, with what to write", () => {
  /** @type {[any, RegExp][]} */
  const wrong = [
    [{ log: "stdout" }, /`options\.log` is not a function/],
    [{ counters: {} }, /`options\.counters` has no `resolve`/],
    [{ timeout: 0 }, /`options\.timeout` is 0: write milliseconds/],
  ];
  for (const [options, message] of wrong) assert.throws(() => createMiddleware(policy(OPEN), options), message);
  assert.throws(() => createMiddleware(/** @type {any} */ (OPEN)), /`policy` is not a Policy/);
});
