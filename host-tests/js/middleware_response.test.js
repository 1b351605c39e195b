// The middleware at real servers: the responses that it edits, passes event by event, and withholds.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { callOf, gate, json, JSON_HEADERS, LIMITED, LIST, OPEN, opened, post, reasonOf, RESULT, serving, toolsOf } from "./servers.js";

/** @typedef {import("./servers.js").Handler} Handler */

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

test("stream that the policy refuses in the middle ends, and its handler writes to nobody", async () => {
  const seen = gate();
  const notice = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"first"}}\n\n';
  /** @type {unknown[]} */
  const wrote = [];
  /** @type {Handler} */
  const handler = async (req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(notice);
    await seen.passed;
    // The transport of 2024-11-05 leads its client past the policy.
    wrote.push(res.write("event: endpoint\ndata: /messages\n\n"), res.write(notice));
    res.end(notice);
  };
  for (const [document, expected] of /** @type {[object, boolean][]} */ ([[LIMITED, false], [OPEN, true]])) {
    await serving(document, handler, async ({ url }) => {
      const response = await fetch(url, { headers: { accept: "text/event-stream" } });
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      let text = "";
      const read = async () => {
        for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
          text += Buffer.from(piece.value).toString();
          seen.open(undefined);
        }
      };
      await (expected ? read() : assert.rejects(read()));
      assert.equal(text.includes("endpoint"), expected);
    });
  }
  assert.deepEqual(wrote.slice(0, 2), [false, false]);
});
