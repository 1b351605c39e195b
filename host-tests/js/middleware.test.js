// The middleware for Express, Connect and `node:http`, at real servers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer as createServer1 } from "node:http";
import { connect, createServer as createServer2 } from "node:http2";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import express from "express";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { memoryCounters } from "mcp-policy/memory";
import { createMiddleware } from "mcp-policy/middleware";
import { callOf, EXPRESSES, gate, JSON_HEADERS, LIMITED, LIST, listening, mcpServer, OPEN, opened, post, reasonOf, RESULT, serving, toolsOf } from "./servers.js";
import { policy } from "./support.js";

/** @typedef {import("./servers.js").Handler} Handler */

/** Answers every request with this JSON. @param {string} body @returns {Handler} */
const json = (body) => (_, res) => res.writeHead(200, { "content-type": "application/json" }).end(body);

/** Serves an MCP server of the SDK; with `parses`, the body is that of `express.json()`. @param {boolean} parses @returns {Handler} */
const sdk = (parses) => async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: /** @type {any} */ (undefined) });
  res.on("close", () => transport.close());
  await mcpServer().connect(/** @type {any} */ (transport));
  await transport.handleRequest(req, res, parses ? req.body : undefined);
};

for (const [name, express] of EXPRESSES) {
  for (const parses of [true, false]) {
    test(`${name}: client on the SDK sees the tools of the policy, is refused others and counted${parses ? ", also behind a parser" : ""}`, async () => {
      const after = (/** @type {any} */ app) => parses && app.use(express.json());
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
      }, { express, after });
    });
  }

  test(`${name}: parser before the middleware has the request refused, with an error that says what to do`, async () => {
    for (const [before, expected] of /** @type {[(app: any) => void, number][]} */ ([
      [(app) => app.use(express.json()), 503],
      [() => undefined, 200],
    ])) {
      await serving(OPEN, json(RESULT), async ({ url, errors, calls }) => {
        const response = await post(url, callOf("run"));
        assert.equal(response.status, expected);
        assert.equal(calls.length, expected === 200 ? 1 : 0);
        assert.match(String(errors), expected === 200 ? /^$/ : /put `app\.use\(createMiddleware\(policy\)\)` before `express\.json\(\)`/);
      }, { express, before });
    }
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

test("stream flows event by event, without the hidden names of a list", async () => {
  const [sent, seen] = [gate(), gate()];
  const event = (/** @type {string} */ text) => `event: message\ndata: ${text}\n\n`;
  const notice = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"first"}}';
  /** @type {Handler} */
  const stream = async (_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(event(notice));
    sent.open(undefined);
    await seen.passed;
    const list = event(toolsOf("add", "drop"));
    res.write(list.slice(0, 40));
    res.write(list.slice(40));
    res.end();
  };
  await serving(LIMITED, stream, async ({ url }) => {
    const response = await post(url, LIST);
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const read = async () => Buffer.from((await reader.read()).value ?? []).toString();
    await sent.passed;
    assert.equal(await read(), event(notice));
    seen.open(undefined);
    let rest = "";
    for (let piece = await read(); piece; piece = await read()) rest += piece;
    assert.equal(rest, event(toolsOf("add")));
  });
});

test("call that the server did not run is not counted", async () => {
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such argument"}}';
  let answer = error;
  const limits = [{ counter: "calls", window: "day", max: 2, refund: "on_error" }];
  await serving({ version: "1", default: "deny", tools: { add: { limits } } }, (req, res) => json(answer)(req, res), async ({ url }) => {
    for (let call = 0; call < 4; call += 1) assert.equal((await post(url, callOf("add"))).status, 200);
    answer = RESULT;
    for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await post(url, callOf("add"))), expected);
  });
});

test("lengths are those of the bodies that the client gets", async () => {
  const list = toolsOf("add", "drop");
  /** @type {Record<string, Handler>} */
  const handlers = {
    "with a length": (_, res) => res.writeHead(200, { "content-type": "application/json", "content-length": list.length }).end(list),
    "with raw fields": (_, res) => res.writeHead(200, "Fine", /** @type {any} */ (["content-type", "application/json", "x-a", "1", "x-a", "2"])).end(list),
    "by Express": (_, res) => /** @type {any} */ (res).type("json").send(list),
    "in pieces": (_, res) => {
      res.setHeader("content-type", "application/json");
      res.write(list.slice(0, 9));
      res.flushHeaders();
      res.end(list.slice(9));
    },
    "as a whole": (_, res) => res.setHeader("content-type", "application/json").end(Buffer.from(list), () => undefined),
  };
  for (const [name, handler] of Object.entries(handlers)) {
    await serving(LIMITED, handler, async ({ url }) => {
      const response = await post(url, LIST);
      const text = await response.text();
      assert.equal(text, toolsOf("add"), name);
      const length = response.headers.get("content-length");
      assert.ok(length === null || Number(length) === text.length, name);
      if (name === "with raw fields") assert.deepEqual([response.statusText, response.headers.get("x-a")], ["Fine", "1, 2"]);
    });
  }
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

test("response that must be read is asked for without an encoding, and a compressed one is withheld", async () => {
  /** @type {Handler} */
  const compressed = (req, res) => {
    const body = gzipSync(toolsOf("add", "drop"));
    res.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip", "x-asked": req.headers["accept-encoding"] }).end(body);
  };
  for (const [document, expected] of /** @type {[object, string][]} */ ([[LIMITED, "identity"], [OPEN, "gzip"]])) {
    await serving(document, compressed, async ({ url, lines, calls }) => {
      const response = await post(url, LIST, { "accept-encoding": "gzip" });
      assert.equal(calls[0]?.headers["accept-encoding"], expected);
      assert.equal((await response.text()).includes("drop"), document === OPEN);
      assert.equal(lines.some(({ event }) => event === "response"), document !== OPEN);
    });
  }
});

test("request whose log fails is refused, and its call is not counted", async () => {
  let fault = () => /** @type {unknown} */ (undefined);
  const faults = [() => { throw new Error("the disk is full"); }, () => Promise.reject(new Error("the disk is full"))];
  await serving(LIMITED, json(RESULT), async ({ url, calls, errors }) => {
    for (const each of faults) {
      fault = each;
      assert.equal((await post(url, callOf("add"))).status, 503);
      assert.deepEqual(errors.splice(0).map(({ message }) => message), ["the disk is full"]);
    }
    assert.equal(calls.length, 0);
    fault = () => undefined;
    for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await post(url, callOf("add"))), expected);
  }, { log: () => fault() });
});

test("response whose log fails goes no further", async () => {
  const log = (/** @type {string} */ line) => {
    if (JSON.parse(line).event === "response") throw new Error("the disk is full");
  };
  const redirect = /** @type {Handler} */ ((_, res) => res.writeHead(307, { location: "http://elsewhere.example/mcp" }).end());
  await serving(LIMITED, redirect, async ({ url, errors }) => {
    const response = await fetch(url, { method: "POST", body: callOf("add"), headers: JSON_HEADERS, redirect: "manual" });
    assert.deepEqual([response.status, response.headers.get("location"), errors.length], [503, null, 1]);
  }, { log });
});

/** Counters that fail. @type {[string, () => any][]} */
const FAULTS = [
  ["throw", () => { throw new Error("gone"); }],
  ["reject", () => Promise.reject(new Error("gone"))],
  ["never answer", () => new Promise(() => undefined)],
  ["return nothing", () => undefined],
  ["return the question", (/** @type {any[]} */ ...[, step]) => step],
];
for (const [name, resolve] of FAULTS) {
  test(`counters that ${name} have the call refused`, async () => {
    const whole = memoryCounters(policy(LIMITED));
    const counters = { seed: whole.seed, resolve: /** @type {(...args: any[]) => any} */ (resolve) };
    await serving(LIMITED, json(RESULT), async ({ url, calls, errors }) => {
      assert.equal((await post(url, callOf("add"))).status, 503);
      assert.deepEqual([calls.length, errors.length], [0, 1]);
      counters.resolve = (exchange, step, now) => whole.resolve(exchange, step, now);
      assert.equal((await post(url, callOf("add"))).status, 200);
      assert.equal(calls.length, 1);
    }, { counters, timeout: 50 });
  });
}

/** Counters that answer later. */
function late() {
  const store = memoryCounters(policy(LIMITED));
  /** @param {[any, any, any]} args */
  const resolve = async (...args) => {
    await new Promise(setImmediate);
    return store.resolve(...args);
  };
  return { seed: store.seed, resolve };
}

test("counters that answer later count and keep the order of a response", async () => {
  /** @type {unknown[]} */
  const seen = [];
  /** @type {Handler} */
  const handler = async (_, res) => {
    // The head has the charge to refund, so that the pieces wait for the counters.
    res.writeHead(200, { "content-type": "application/json" });
    seen.push(res.headersSent, res.write(RESULT.slice(0, 10)));
    assert.throws(() => res.setHeader("x-late", "1"), { code: "ERR_HTTP_HEADERS_SENT" });
    res.write(RESULT.slice(10, 20));
    res.end(RESULT.slice(20));
    seen.push(res.writableEnded);
  };
  await serving(LIMITED, handler, async ({ url }) => {
    for (const expected of [200, 200]) {
      const response = await post(url, callOf("add"));
      assert.deepEqual([response.status, await response.text()], [expected, RESULT]);
    }
    assert.equal(await reasonOf(await post(url, callOf("add"))), "rate_limited");
    assert.deepEqual([seen[0], seen[2]], [true, true]);
  }, { counters: late() });
});

test("handler that waits for the policy gets a drain", async () => {
  const log = () => new Promise(setImmediate);
  const pieces = 40;
  /** @type {Handler} */
  const handler = async (_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (let piece = 0; piece < pieces; piece += 1) {
      if (!res.write(`data: ${toolsOf("add", "drop")}\n\n`)) await once(res, "drain");
    }
    res.end();
  };
  await serving(LIMITED, handler, async ({ url }) => {
    const text = await (await post(url, LIST)).text();
    assert.equal(text.split("\n\n").length - 1, pieces);
    assert.equal(text.includes("drop"), false);
  }, { log, counters: late() });
});

/** The ends of ids that the counters get. @param {unknown} document */
function watched(document) {
  const store = memoryCounters(policy(document));
  /** @type {import("mcp-policy").IdEnd[]} */
  const ends = [];
  /** @type {import("mcp-policy/http").Counters["resolve"]} */
  const resolve = (exchange, step, now) => {
    if (step.end) ends.push(step.end);
    return store.resolve(exchange, step, now);
  };
  return { counters: { seed: store.seed, resolve }, ends };
}

test("id of a request ends once: answered, or unclear where the client has gone", async () => {
  // Which tool an answer is for is remembered by its id where results have rules.
  const document = { ...LIMITED, tools: { add: { result: { redact: ["secrets"] } } } };
  const { counters, ends } = watched(document);
  const [reached, left] = [gate(), gate()];
  const session = randomUUID();
  /** @type {Handler} */
  const handler = (req, res) => {
    if (req.headers["x-leave"]) {
      reached.open(undefined);
      res.on("close", () => {
        res.writeHead(200, { "content-type": "application/json" });
        res.end(RESULT);
        left.open(undefined);
      });
      return;
    }
    res.setHeader("mcp-session-id", session);
    json(RESULT)(req, res);
  };
  await serving(document, handler, async ({ url, errors }) => {
    const initialize = { jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } } };
    await (await post(url, JSON.stringify(initialize))).text();
    const headers = { "mcp-session-id": session };
    await (await post(url, callOf("add"), headers)).text();
    assert.deepEqual(ends.map(({ isAnswered }) => isAnswered), [true]);
    const giveUp = new AbortController();
    const abandoned = fetch(url, { method: "POST", body: callOf("add", {}, 2), headers: { ...JSON_HEADERS, ...headers, "x-leave": "1" }, signal: giveUp.signal });
    await reached.passed;
    giveUp.abort();
    await assert.rejects(abandoned);
    await left.passed;
    assert.deepEqual(ends.map(({ isAnswered }) => isAnswered), [true, false]);
    assert.deepEqual(errors, []);
  }, { counters });
});

test("request of a client that leaves before its verdict never reaches the handler", async () => {
  const [asked, answer] = [gate(), gate()];
  const store = memoryCounters(policy(LIMITED));
  const counters = {
    seed: store.seed,
    resolve: async (/** @type {[any, any, any]} */ ...args) => {
      if (args[1].reserve) {
        asked.open(undefined);
        await answer.passed;
      }
      return store.resolve(...args);
    },
  };
  const closed = gate();
  const before = (/** @type {any} */ app) => app.use((/** @type {any} */ _, /** @type {any} */ res, /** @type {any} */ next) => {
    res.once("close", () => closed.open(undefined));
    next();
  });
  await serving(LIMITED, json(RESULT), async ({ port, url, calls, errors }) => {
    const request = opened(port);
    request.on("error", () => undefined);
    request.end(callOf("add"));
    await asked.passed;
    request.destroy();
    await closed.passed;
    answer.open(undefined);
    for (const expected of [undefined, undefined, "rate_limited"]) assert.equal(await reasonOf(await post(url, callOf("add"))), expected, "the call of nobody is not counted");
    assert.deepEqual([calls.length, errors], [2, []]);
  }, { counters, before });
});

test("response without an end is broken for the client", async () => {
  const seen = gate();
  /** @type {Handler} */
  const handler = async (_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(`data: ${toolsOf("add")}\n\ndata: {"half`);
    await seen.passed;
    res.destroy();
  };
  await serving(LIMITED, handler, async ({ url, errors }) => {
    const response = await post(url, LIST);
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    assert.match(Buffer.from((await reader.read()).value ?? []).toString(), /"add"/);
    seen.open(undefined);
    await assert.rejects(reader.read());
    assert.deepEqual(errors, []);
  });
});

test("response that the policy refuses is replaced, and its handler writes to nobody", async () => {
  /** @type {unknown[]} */
  const seen = [];
  /** @type {Handler} */
  const handler = (_, res) => {
    res.setHeader("set-cookie", "secret=1");
    res.writeHead(302, { location: "http://elsewhere.example/" });
    seen.push(res.headersSent, res.write("moved"));
    res.end("moved");
  };
  const before = (/** @type {any} */ app) => app.use((/** @type {any} */ _, /** @type {any} */ res, /** @type {any} */ next) => next(void res.setHeader("access-control-allow-origin", "*")));
  await serving(LIMITED, handler, async ({ url, lines }) => {
    const response = await fetch(url, { method: "POST", body: callOf("add"), headers: JSON_HEADERS, redirect: "manual" });
    assert.deepEqual([response.headers.get("location"), response.headers.get("set-cookie")], [null, null]);
    assert.equal(response.headers.get("access-control-allow-origin"), "*", "what came before the policy stays");
    assert.equal((await response.text()).includes("moved"), false);
    assert.deepEqual(seen, [true, false]);
    assert.equal(lines.at(-1).event, "response");
  }, { before });
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

test("interim responses and trailers pass", async () => {
  /** @type {Handler} */
  const handler = (_, res) => {
    res.writeEarlyHints({ link: "</style.css>; rel=preload" });
    res.writeProcessing();
    res.writeHead(200, { "content-type": "application/json", trailer: "x-checksum" });
    res.write(RESULT);
    res.addTrailers({ "x-checksum": "1" });
    res.end();
  };
  await serving(LIMITED, handler, async ({ port }) => {
    const request = opened(port);
    /** @type {number[]} */
    const interim = [];
    request.on("information", ({ statusCode }) => interim.push(statusCode));
    request.end(callOf("add"));
    const [response] = await once(request, "response");
    assert.equal(Buffer.concat(await response.toArray()).toString(), RESULT);
    assert.deepEqual([interim, response.trailers], [[103, 102], { "x-checksum": "1" }]);
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

test("server by path and host, and the peer of the socket, are those of the request", async () => {
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
