// Transports of the official SDK with a policy, on the side of the server and of the client.
//
// Peers that break the protocol write their messages by hand.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, mock, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CreateMessageRequestSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { Client as Client2, InMemoryTransport as InMemoryTransport2 } from "@modelcontextprotocol/client";
import { McpServer as McpServer2 } from "@modelcontextprotocol/server";
import { Policy } from "mcp-policy";
import { memoryCounters } from "mcp-policy/memory";
import { governTransport } from "mcp-policy/sdk";
import { POLICY, SECRET, served } from "./sdk-server.js";
import { ASKS, waiting } from "./support.js";

/** @typedef {import("@modelcontextprotocol/sdk/shared/transport.js").Transport} Transport @typedef {any} Message */
/** @typedef {import("mcp-policy/sdk").GovernOptions} GovernOptions @typedef {import("mcp-policy/http").Counters} Counters */

const policy = Policy.parse(POLICY);
/** @type {(() => unknown)[]} */
const ends = [];
after(() => Promise.all(ends.map((end) => end())));

/** Neither decisions nor failures are printed. */
const QUIET = { log: /** @type {const} */ (false), onError: () => undefined };

/** @param {Transport} transport @param {GovernOptions["side"]} side @param {Partial<GovernOptions>} [options] */
const governed = (transport, side, options = {}, of = policy) => governTransport(transport, of, { side, ...QUIET, ...options });

/** A connected client, and what its server asked. @param {Transport} transport */
async function connected(transport) {
  const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {}, sampling: {} } });
  /** @type {string[]} */
  const asked = [];
  client.setRequestHandler(ElicitRequestSchema, async () => (asked.push("elicited"), { action: "accept", content: {} }));
  client.setRequestHandler(CreateMessageRequestSchema, async () => {
    asked.push("sampled");
    return { model: "m", role: "assistant", content: { type: "text", text: "hello" } };
  });
  client.fallbackNotificationHandler = async ({ method }) => void asked.push(method);
  await client.connect(transport);
  ends.push(() => client.close());
  return { client, asked };
}

/** The ways to connect. Each returns the client's transport, and what tools the server ran, where that is known. */
const WAYS = {
  async "server in memory"() {
    const [own, other] = InMemoryTransport.createLinkedPair();
    const { server, ran } = served();
    await server.connect(governed(own, "server"));
    return { transport: other, ran };
  },
  async "client in memory"() {
    const [own, other] = InMemoryTransport.createLinkedPair();
    const { server, ran } = served();
    await server.connect(own);
    return { transport: governed(other, "client"), ran };
  },
  async "server on standard input"() {
    const command = { command: process.execPath, args: ["sdk-server.js"], stderr: /** @type {const} */ ("ignore") };
    return { transport: new StdioClientTransport(command), ran: undefined };
  },
  async "server over HTTP"() {
    const { url, ran } = await overHttp(true);
    return { transport: new StreamableHTTPClientTransport(url), ran };
  },
  async "client over HTTP"() {
    const { url, ran } = await overHttp(false);
    return { transport: governed(new StreamableHTTPClientTransport(url), "client"), ran };
  },
};

/** @param {boolean} governs */
async function overHttp(governs) {
  const { server, ran } = served();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await server.connect(governs ? governed(/** @type {Transport} */ (transport), "server") : /** @type {Transport} */ (transport));
  const web = createServer((request, response) => transport.handleRequest(request, response)).listen(0, "127.0.0.1");
  await once(web, "listening");
  ends.push(() => (web.closeAllConnections(), web.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (web.address());
  return { url: new URL(`http://127.0.0.1:${port}/mcp`), ran };
}

/** The text of a tool's result. @param {Client} client @param {string} name */
async function text(client, name) {
  const { content } = /** @type {Message} */ (await client.callTool({ name, arguments: {} }));
  return content[0].text;
}

for (const [way, start] of Object.entries(WAYS)) {
  test(`${way}: lists, calls and results are governed`, async () => {
    const { transport, ran } = await start();
    const { client } = await connected(transport);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name), ["run", "leak", "fail", "ask"]);
    assert.equal(await text(client, "run"), "run ran");
    assert.match(await text(client, "drop"), /^\[POLICY DENIED\] The tool `drop` is not available here/);
    const leaked = await text(client, "leak");
    assert.ok(leaked.startsWith("a key: ") && !leaked.includes(SECRET), leaked);
    if (ran) assert.deepEqual(ran, ["run"]);
  });

  test(`${way}: calls beyond a limit are refused, and failed ones refunded`, async () => {
    const { transport, ran } = await start();
    const { client } = await connected(transport);
    const texts = [await text(client, "run"), await text(client, "run"), await text(client, "run")];
    assert.deepEqual(texts.slice(0, 2), ["run ran", "run ran"]);
    assert.match(/** @type {string} */ (texts[2]), /The limit of 2 calls is used up/);
    assert.deepEqual([await text(client, "fail"), await text(client, "fail")], ["no", "no"]);
    if (ran) assert.deepEqual(ran, ["run", "run"]);
  });

  test(`${way}: requests of the server are judged, and its notifications arrive`, async () => {
    const { transport } = await start();
    const { client, asked } = await connected(transport);
    assert.match(await text(client, "ask"), /^answered, refused: .*Method not found/);
    assert.deepEqual(asked, ["notifications/message", "elicited"]);
  });

  test(`${way}: calls at once have each its own answer`, async () => {
    const { transport } = await start();
    const { client } = await connected(transport);
    const names = Array.from({ length: 40 }, (_, index) => (index % 2 ? "leak" : "drop"));
    const texts = await Promise.all(names.map((name) => text(client, name)));
    assert.deepEqual(texts.map((text) => (text.startsWith("a key") ? "leak" : "drop")), names);
  });
}

for (const side of /** @type {const} */ (["server", "client"])) {
  test(`${side} on version 2 of the SDK: lists, calls and results are governed`, async () => {
    const [own, other] = InMemoryTransport2.createLinkedPair();
    const server = new McpServer2({ name: "test", version: "1" }, {});
    for (const name of ["leak", "drop"]) {
      server.registerTool(name, { description: name }, async () => ({ content: [{ type: "text", text: `a key: ${SECRET}` }] }));
    }
    await server.connect(side === "server" ? governed(own, side) : own);
    const client = new Client2({ name: "test", version: "1" });
    await client.connect(side === "client" ? governed(other, side) : other);
    ends.push(() => client.close());
    assert.deepEqual((await client.listTools()).tools.map(({ name }) => name), ["leak"]);
    const texts = [];
    for (const name of ["leak", "drop"]) {
      const { content } = /** @type {Message} */ (await client.callTool({ name, arguments: {} }));
      texts.push(content[0].text);
    }
    assert.ok(texts[0].startsWith("a key: ") && !texts[0].includes(SECRET), texts[0]);
    assert.match(texts[1], /POLICY DENIED/);
  });
}

/** A governed transport with both ends open: what is sent in, and what arrives. @param {GovernOptions["side"]} side @param {Partial<GovernOptions>} [options] */
async function bare(side, options, of = policy) {
  const [inner, far] = InMemoryTransport.createLinkedPair();
  const near = governed(inner, side, options, of);
  /** @type {Message[]} */
  const [atFar, atNear] = [[], []];
  /** @type {string[]} */
  const errors = [];
  far.onmessage = (message) => void atFar.push(message);
  near.onmessage = (message) => void atNear.push(message);
  near.onerror = ({ message }) => void errors.push(message);
  await Promise.all([far.start(), near.start()]);
  const server = side === "server";
  /** Sends and lets all of it pass. @param {(message: any) => Promise<void>} send */
  const whole = (send) => async (/** @type {Message} */ message) => {
    await send(message);
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
  };
  return {
    near,
    ofClient: whole((message) => (server ? far : near).send(message)),
    ofServer: whole((message) => (server ? near : far).send(message)),
    atClient: server ? atFar : atNear,
    atServer: server ? atNear : atFar,
    errors,
  };
}

/** @param {unknown} id @param {string} name */
const call = (id, name = "leak") => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: {} } });
const INITIALIZE = { jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } } };
const INITIALIZED = { jsonrpc: "2.0", id: 0, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "s", version: "1" } } };
/** @param {unknown} id */
const answer = (id, text = "done") => ({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text }] } });

for (const side of /** @type {const} */ (["server", "client"])) {
  test(`${side}: refused notification of the server does not arrive, and \`onerror\` tells`, async () => {
    const { ofServer, atClient, errors } = await bare(side);
    const notification = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "hello" } };
    await ofServer({ ...notification, Method: "elicitation/create" });
    assert.deepEqual([atClient, errors], [[], ["The policy refused a message of the server."]]);
    await ofServer(notification);
    assert.deepEqual([atClient, errors.length], [[notification], 1]);
  });

  test(`${side}: second request with an id under way is refused`, async () => {
    const { ofClient, ofServer, atClient, atServer } = await bare(side);
    await ofClient(call(7));
    await ofClient(call("7"));
    assert.equal(atServer.length, 1);
    assert.deepEqual([atClient[0].id, atClient[0].error.code], ["7", -32600]);
    await ofServer(answer(7));
    assert.deepEqual(atClient[1], answer(7));
    await ofClient(call("7"));
    assert.equal(atServer.length, 2, "it is free again");
  });

  test(`${side}: answer that nobody waits for does not arrive`, async () => {
    const { ofClient, ofServer, atClient, errors } = await bare(side);
    await ofServer(answer(1));
    await ofClient(call(1));
    await ofServer(answer(2));
    await ofServer(answer(undefined));
    await ofServer(answer(1));
    await ofServer(answer(1, "again"));
    assert.deepEqual(atClient, [answer(1)]);
    assert.equal(errors.length, 4);
  });

  test(`${side}: message of two kinds or of none does not arrive`, async () => {
    const { ofClient, ofServer, atClient, atServer, errors } = await bare(side);
    await ofClient(call(1));
    const wrong = [[call(2)], null, "text", { ...call(2), result: {} }, { jsonrpc: "2.0", id: 1 }, { ...call(2), id: null }, { ...answer(1), error: { code: 1, message: "" } }];
    for (const message of wrong) await ofClient(message);
    for (const message of wrong) await ofServer(message);
    assert.deepEqual([atServer, atClient], [[call(1)], []]);
    assert.equal(errors.length, 2 * wrong.length);
  });

  test(`${side}: message that changes while it is read arrives as it was judged`, async () => {
    const { ofClient, atServer, atClient } = await bare(side);
    let reads = 0;
    const params = { get name() { return reads++ ? "drop" : "leak"; }, arguments: {} };
    await ofClient({ ...call(1), params });
    assert.deepEqual(atServer, [call(1)]);
    await ofClient({ ...call(2), toJSON: () => call(3, "drop") });
    assert.equal(atServer.length, 1);
    assert.match(atClient[0].result.content[0].text, /POLICY DENIED/);
  });

  test(`${side}: secret in an answer with separators of lines is found`, async () => {
    const { ofClient, ofServer, atClient } = await bare(side);
    await ofClient(call(1));
    // A reader that takes separators for ends of lines finds a message in it.
    const divided = "a\u2028\u2028data: {}\u2028\u2028b\n\ndata: ";
    await ofServer(answer(1, `${divided}${SECRET}\u0085`));
    assert.equal(atClient.length, 1);
    const [{ text }] = atClient[0].result?.content ?? assert.fail(JSON.stringify(atClient[0]));
    assert.ok(text.startsWith(divided) && !text.includes(SECRET), text);
  });

  test(`${side}: call is refused where counts fail, and both the program and the transport are told`, async () => {
    const memory = memoryCounters(policy);
    /** @type {Counters} */
    const counters = { seed: memory.seed, resolve: () => { throw new Error("away"); } };
    const { ofClient, atServer, atClient, errors } = await bare(side, { counters, onError: undefined });
    const printed = mock.method(console, "error", () => undefined);
    await ofClient(call(1, "run"));
    printed.mock.restore();
    assert.deepEqual([atServer.length, atClient.length, atClient[0].error.data.reason], [0, 1, "unavailable"]);
    assert.deepEqual([errors, printed.mock.calls.map(({ arguments: [error] }) => error.message)], [["away"], ["away"]]);
    counters.resolve = (exchange, step, now) => memory.resolve(exchange, step, now);
    await ofClient(call(2, "run"));
    assert.equal(atServer.length, 1);
  });

  test(`${side}: call whose decision cannot be logged is refused`, async () => {
    const log = () => { throw new Error("full"); };
    const { ofClient, atServer, atClient } = await bare(side, { log });
    await ofClient(call(1));
    assert.deepEqual([atServer.length, atClient[0].error.data.reason], [0, "unavailable"]);
    const silent = await bare(side, { log: false });
    await silent.ofClient(call(1));
    assert.equal(silent.atServer.length, 1);
  });

  test(`${side}: cancelled call leaves room, and 1024 without an answer refuse the next`, async () => {
    const { ofClient, atServer, atClient } = await bare(side);
    for (let id = 0; id < 1024; id++) await ofClient(call(id));
    await ofClient(call("more"));
    assert.deepEqual([atServer.length, atClient[0].id, atClient[0].error.data.reason], [1024, "more", "unavailable"]);
    await ofClient({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 5 } });
    await ofClient(call("more"));
    assert.equal(atServer.length, 1026);
  });

  test(`${side}: id of a cancelled call is not used again before its answer came`, async () => {
    const { ofClient, ofServer, atClient, atServer } = await bare(side);
    await ofClient(call(7));
    await ofClient({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } });
    // The answer to `leak` must not pass as one to `run`, whose results no rule reads.
    await ofClient(call(7, "run"));
    await ofServer(answer(7, SECRET));
    assert.deepEqual(atServer.map((/** @type {Message} */ message) => message.method), ["tools/call", "notifications/cancelled"]);
    assert.deepEqual(atClient.map((/** @type {Message} */ message) => message.error?.code), [-32600]);
    await ofClient(call(7, "run"));
    await ofServer(answer(7));
    assert.deepEqual(atClient[1], answer(7));
  });

  test(`${side}: messages keep their order where counts take their time`, async () => {
    const store = memoryCounters(policy);
    /** @type {(() => void)[]} */
    const waiting = [];
    const counters = {
      seed: store.seed,
      /** @type {Counters["resolve"]} */
      async resolve(exchange, step, now) {
        if (step.next === "ask") await new Promise((done) => waiting.push(() => done(undefined)));
        return store.resolve(exchange, step, now);
      },
    };
    const { ofClient, atServer } = await bare(side, { counters });
    const sent = [ofClient(call(1, "run")), ofClient({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } })];
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
    assert.equal(atServer.length, 0);
    for (let tries = 0; tries < 10; tries++) {
      waiting.splice(0).forEach((done) => done());
      await new Promise((done) => setImmediate(done));
    }
    await Promise.all(sent);
    assert.deepEqual(atServer.map((/** @type {Message} */ message) => message.method), ["tools/call", "notifications/cancelled"]);
  });

  test(`${side}: end of the connection ends what is open, once`, async () => {
    const store = memoryCounters(policy);
    /** @type {import("mcp-policy").IdEnd[]} */
    const ended = [];
    /** @type {Counters} */
    const counters = { seed: store.seed, resolve: (exchange, step, now) => (step.end && ended.push(step.end), store.resolve(exchange, step, now)) };
    const { near, ofClient, ofServer, atServer } = await bare(side, { counters });
    let closed = 0;
    near.onclose = () => void closed++;
    // An id is kept in a session alone.
    await ofClient(INITIALIZE);
    await ofServer(INITIALIZED);
    await ofClient(call(1));
    assert.deepEqual([atServer.length, ended], [2, []]);
    await near.close();
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
    assert.equal(closed, 1);
    assert.deepEqual(ended.map(({ isAnswered }) => isAnswered), [false]);
  });
}

/** Waits until it is so. @param {() => unknown} is */
async function until(is) {
  for (let tries = 0; tries < 400 && !is(); tries++) await new Promise((done) => setTimeout(done, 5));
  assert.ok(is());
}

test("call is refused where counters do not answer in time, and the next one passes", async () => {
  const memory = memoryCounters(policy);
  /** @type {Counters} */
  const counters = { seed: memory.seed, resolve: () => new Promise(() => undefined) };
  const { ofClient, atServer, atClient } = await bare("server", { counters, timeout: 20 });
  await ofClient(call(1, "run"));
  await until(() => atClient.length > 0);
  assert.equal(atClient[0].error.data.reason, "unavailable");
  counters.resolve = (exchange, step, now) => memory.resolve(exchange, step, now);
  await ofClient(call(2, "run"));
  assert.deepEqual(atServer.map((/** @type {Message} */ { id }) => id), [2]);
});

test("answer whose log takes too long is refused, and its call is over", async () => {
  const log = (/** @type {string} */ line) => JSON.parse(line).event === "response" && new Promise(() => undefined);
  const { ofClient, ofServer, atClient } = await bare("server", { log, timeout: 20 });
  await ofClient(call(1));
  await ofServer(answer(1, SECRET));
  await until(() => atClient.length > 0);
  assert.deepEqual([atClient[0].id, atClient[0].error.data.reason], [1, "unavailable"]);
  await ofClient(call(1));
  await ofServer(answer(1));
  assert.deepEqual(atClient[1], answer(1), "one without a secret has nothing to log");
});

test("call waits for the service of the policy, and is refused without one", async () => {
  const served = Policy.parse(JSON.stringify({
    version: "1",
    default: "deny",
    counters: { backend: "limitador_http", cluster: "limits", domain: "mcp" },
    tools: { run: { rate_limit: { max: 1, window: 60, scope: ["global"] } } },
  }));
  const alone = await bare("server", {}, served);
  await alone.ofClient(call(1, "run"));
  assert.equal(alone.atServer.length, 0);
  /** @type {unknown[]} */
  const asked = [];
  const service = async (/** @type {import("mcp-policy/http").ServiceQuestion} */ question) => (asked.push(question.service), { status: 200, body: new Uint8Array() });
  const { ofClient, atServer } = await bare("server", { service }, served);
  await ofClient(call(1, "run"));
  assert.deepEqual([atServer.length, asked], [1, ["counters"]]);
});

test("answer longer than the caller's part of the held bytes is refused", async () => {
  const tools = { leak: { result: { redact: ["secrets"] } } };
  for (const [bytes, arrives] of /** @type {[number, boolean][]} */ ([[4 << 20, true], [1 << 20, false]])) {
    const { ofClient, ofServer, atClient } = await bare("server", {}, Policy.parse(JSON.stringify({ version: "1", default: "deny", host: { held_bytes: bytes }, tools })));
    await ofClient(call(1));
    await ofServer(answer(1, "x".repeat(300_000)));
    assert.deepEqual([atClient.length, atClient[0].error?.data.reason], [1, arrives ? undefined : "unavailable"]);
  }
});

test("answer to a call that waits for a person does not hold up the messages after it", async () => {
  const { ofClient, atClient } = await bare("server", { verified: () => ({ claims: { sub: "agent" } }) }, ASKS);
  const asked = async (/** @type {string} */ state) => ofClient(JSON.parse(waiting(state).toString()));
  await asked("");
  await asked(atClient[0].result.requestState);
  await ofClient(call(2, "other"));
  assert.deepEqual(atClient.map((/** @type {Message} */ { id }) => id), [1, 1, 2]);
});

test("windows follow the clock of the program", async () => {
  let time = 1_767_225_600_000;
  const { ofClient, atServer } = await bare("server", { now: () => time });
  for (const id of [1, 2, 3]) await ofClient(call(id, "run"));
  assert.equal(atServer.length, 2);
  time += 3_600_000;
  await ofClient(call(4, "run"));
  assert.equal(atServer.length, 3);
});

test("caller of a server is the one that the program verified, for each message", async () => {
  const admits = Policy.parse(JSON.stringify({
    version: "1",
    default: "deny",
    identity: { from: [{ jwt_claim: "sub" }] },
    tools: { leak: {} },
    grants: { ada: { match: { claim: { sub: "ada" } }, policy: "main" } },
  }));
  const [inner, far] = InMemoryTransport.createLinkedPair();
  const near = governed(inner, "server", { verified: (extra) => ({ claims: extra.authInfo.extra }) }, admits);
  /** @type {Message[]} */
  const [arrived, answers] = [[], []];
  near.onmessage = (message) => void arrived.push(message.id);
  far.onmessage = (message) => void answers.push(message);
  await Promise.all([near.start(), far.start()]);
  const authInfo = (/** @type {string} */ sub) => ({ token: "t", clientId: "c", scopes: [], extra: { sub, iss: "https://login.example" } });
  const send = async (/** @type {number} */ id, /** @type {object} */ more) => {
    await far.send(/** @type {Message} */ (call(id)), more);
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
  };
  await send(1, { authInfo: authInfo("ada") });
  await send(2, { authInfo: authInfo("eve") });
  await send(3, {});
  assert.deepEqual(arrived, [1]);
  assert.deepEqual(answers.map((/** @type {Message} */ message) => message.id), [2, 3]);
});

test("connections whose transport has no sessions are counted apart where a limit counts sessions", async () => {
  const limits = [{ counter: "calls", window: "hour", max: 1, scope: "session" }];
  const sessions = Policy.parse(JSON.stringify({ version: "1", default: "deny", tools: { run: { limits } } }));
  const counters = memoryCounters(sessions);
  const connection = async () => {
    const [own, other] = InMemoryTransport.createLinkedPair();
    await served().server.connect(governed(own, "server", { counters }, sessions));
    return (await connected(other)).client;
  };
  const [one, other] = [await connection(), await connection()];
  const texts = [await text(one, "run"), await text(one, "run"), await text(other, "run"), await text(other, "run")];
  assert.deepEqual(texts.map((text) => text === "run ran"), [true, false, true, false], texts.join("; "));
});

test("request of revision 2026-07-28 is judged with the headers that repeat it", async () => {
  const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
  const modern = Policy.parse(JSON.stringify({ version: "1", default: "deny", tools: { größe: {} }, resources: { "file:///a": {} } }));
  const [inner, far] = InMemoryTransport.createLinkedPair();
  const near = governed(inner, "server", {}, modern);
  /** @type {Message[]} */
  const arrived = [];
  near.onmessage = (message) => void arrived.push(message.id);
  /** @type {Message[]} */
  const answers = [];
  far.onmessage = (message) => void answers.push(message);
  await Promise.all([near.start(), far.start()]);
  const requests = [["tools/call", { name: "größe", arguments: {} }], ["resources/read", { uri: "file:///a" }], ["tools/list", {}], ["tools/call", { name: "drop" }]];
  for (const [id, [method, params]] of requests.entries()) {
    await far.send(/** @type {Message} */ ({ jsonrpc: "2.0", id, method, params: { .../** @type {object} */ (params), _meta } }));
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
  }
  assert.deepEqual(arrived, [0, 1, 2], JSON.stringify(answers));
  assert.match(answers[0].result.content[0].text, /POLICY DENIED/);
});

test("wrong or missing option throws", () => {
  const [inner] = InMemoryTransport.createLinkedPair();
  // @ts-expect-error: no such side
  assert.throws(() => governed(inner, "both"), /`options.side` is neither "server" nor "client": both/);
  // @ts-expect-error: no counters
  assert.throws(() => governed(inner, "server", { counters: {} }), /`options.counters` has no `resolve`/);
  assert.throws(() => governed(inner, "server", { timeout: 0 }), /`options.timeout` is 0/);
  const needs = (/** @type {object} */ more) => Policy.parse(JSON.stringify({ version: "1", default: "deny", ...more }));
  const callers = needs({ identity: { from: [{ jwt_claim: "sub" }] } });
  assert.throws(() => governed(inner, "server", {}, callers), /write `options.verified`, a function that returns { claims } of a request/);
  assert.ok(governed(inner, "server", { verified: () => undefined }, callers));
});
