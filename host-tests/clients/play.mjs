// Turns checks into the outcomes that a client on an SDK for TypeScript sees: the common part of both lines.
//
// It never judges an outcome: the calling test compares.
// Usage: PROGRAM URL USER MODE, the checks as JSON on stdin; prints {"check", "ok", "saw"}, one check a line. `ok` is true if
// the session still works: the next allowed call succeeded. `checks/README.md` describes the keys of a check.

import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Wire } from "./wire.mjs";

// Each time limit is shorter than the next outer one. A server waits eight seconds at a gate.
export const REQUEST_LIMIT = 15_000;
const CHECK_LIMIT = 25_000;
const NEWS_LIMIT = 5_000;
/** The time for a client to handle an unexpected answer, in milliseconds. */
const SETTLE = 1_000;
const PAUSE = 100;

/** This client's name and capabilities, and the answers of its user and model. */
export const INFO = { name: "client-of-the-matrix", version: "1.0.0" };
export const CAPABILITIES = { elicitation: {}, roots: { listChanged: true }, sampling: {} };
export const ANSWERS = {
  elicitation: { action: "accept", content: { colour: "green", name: "Ada" } },
  roots: { roots: [{ uri: "file:///nowhere/work", name: "work" }] },
  sampling: { model: "made-up", role: "assistant", content: { type: "text", text: "yes" } },
};

/** The methods with the same names in both lines. Others are sent as generic requests. */
export const METHODS = {
  ping: (client, _, options) => client.ping(options),
  "completion/complete": (client, params, options) => client.complete(params, options),
  "logging/setLevel": (client, { level }, options) => client.setLoggingLevel(level, options),
  "prompts/get": (client, params, options) => client.getPrompt(params, options),
  "prompts/list": (client, params, options) => client.listPrompts(params, options),
  "resources/list": (client, params, options) => client.listResources(params, options),
  "resources/read": (client, params, options) => client.readResource(params, options),
  "resources/subscribe": (client, params, options) => client.subscribeResource(params, options),
  "resources/templates/list": (client, params, options) => client.listResourceTemplates(params, options),
  "tools/call": (client, params, options) => client.callTool(params, options),
  "tools/list": (client, params, options) => client.listTools(params, options),
};

/** Plays all checks. `connect(url, mode, wire, onNews)` returns a session of the SDK. */
export async function play(connect) {
  const [url, user, mode] = process.argv.slice(2);
  const { alive, checks } = JSON.parse(await text(process.stdin));
  const open = async (spoil) => {
    const wire = new Wire(user, spoil);
    const news = [];
    return { wire, news, ...(await connect(url, mode, wire, (message) => news.push(message))) };
  };
  const session = await open();
  for (const check of checks) {
    const own = check.spoil ? await open(check.spoil) : session;
    await report(own, check, alive);
    if (check.spoil) await own.close().catch(() => {});
  }
  process.exit(0);
}

async function report(session, check, alive) {
  const saw = await within(CHECK_LIMIT, perform(session, check)).catch(outcomeOf(session));
  const lives = check.do === "close" || (await within(CHECK_LIMIT, request(session, alive)).catch(outcomeOf(session)));
  const ok = lives === true || JSON.stringify(lives).includes(alive.shows);
  process.stdout.write(`${JSON.stringify({ check: check.check, ok, saw })}\n`);
}

function perform(session, check) {
  if (check.do === "connect") return Promise.resolve(session.learnt());
  if (check.do === "notify") return notify(session, check);
  if (check.do === "close") return close(session);
  if (check.spoil) return spoiled(session, check);
  if (check.news) return newsOf(session, check);
  if (check.leave) return leave(session, check);
  if (check.times) return atOnce(session, check);
  if (check.each) return followed(session, check);
  return request(session, check);
}

/** The result, the JSON-RPC error, or any other failure. */
async function request(session, { method, params = {}, task }, options = {}) {
  const asked = task ? session.followTask(params, options) : session.request(method, params, options);
  return asked.then((result) => ({ result }), outcomeOf(session));
}

function outcomeOf({ isProtocolError }) {
  return (error) => {
    const { code, message, data } = error;
    return isProtocolError(error) ? { error: { code, message, data } } : { failed: `${error.name}: ${message}`.slice(0, 200) };
  };
}

async function notify(session, { method }) {
  const before = session.wire.exchanges.length;
  const sent = await session.notify(method).then(() => undefined, outcomeOf(session));
  const http = session.wire.exchanges.slice(before).filter(({ said }) => said === method);
  return { http: http.map(({ status }) => ({ status })), ...sent };
}

/** A spoiled request: the response, and the client's reaction. */
async function spoiled(session, check) {
  const giveUp = new AbortController();
  const call = request(session, check, { signal: giveUp.signal });
  await Promise.race([call, session.wire.answered]);
  const understood = await Promise.race([call, sleep(SETTLE)]);
  giveUp.abort();
  return { http: session.wire.spoiled, ...(understood ?? { failed: "no answer" }) };
}

/** Repeats a request until the expected notification arrives: the stream may still be opening. */
async function newsOf(session, { listen, news, ...check }) {
  const subscription = listen && (await session.listen(listen).catch(outcomeOf(session)));
  if (subscription?.error || subscription?.failed) return subscription;
  const said = () => session.news.find(({ method }) => method === news);
  for (const end = Date.now() + NEWS_LIMIT; !said() && Date.now() < end; await sleep(PAUSE)) {
    const { result, ...problem } = await request(session, check);
    if (!result) return problem;
  }
  await subscription?.close();
  const { method, params } = said() ?? {};
  return { news: method ?? "none", uri: params?.uri, data: params?.data };
}

/** Abandons a call at its first event, and asks the server until it has noticed. */
async function leave(session, { leave, ...check }) {
  const giveUp = new AbortController();
  await request(session, check, { signal: giveUp.signal, onprogress: () => giveUp.abort() });
  for (const end = Date.now() + NEWS_LIMIT; Date.now() < end; await sleep(PAUSE)) {
    const asked = await request(session, leave);
    if (JSON.stringify(asked).includes(leave.shows)) return asked;
  }
  return { failed: "the server does not know" };
}

async function atOnce(session, { times, together, ...check }) {
  const asked = Array.from({ length: times }, () => together ?? [check]).flat();
  const numbered = asked.map((one, n) => JSON.parse(JSON.stringify(one).replaceAll("$n", n)));
  return { all: await Promise.all(numbered.map((one) => request(session, one))) };
}

/** Answers each event of a stream by another request. */
async function followed(session, { each, ...check }) {
  const progress = [];
  const onprogress = (event) => {
    progress.push(event.progress);
    if (each.method) void request(session, each);
  };
  return { ...(await request(session, check, { onprogress })), progress };
}

/** Closes the session, and summarizes its exchanges. */
async function close(session) {
  await session.close();
  const { exchanges } = session.wire;
  const statuses = (wanted) => [...new Set(exchanges.filter(({ verb }) => verb === wanted).map(({ status }) => status))];
  const began = exchanges.map(({ said }) => said).filter((said) => ["initialize", "server/discover"].includes(said));
  const refused = exchanges.filter(({ status }) => status >= 400).map(({ said, status }) => `${said} ${status}`);
  return { began, streams: statuses("GET"), ended: statuses("DELETE"), refused };
}

async function within(limit, promise) {
  const timer = new AbortController();
  const late = sleep(limit, undefined, { signal: timer.signal }).then(() => Promise.reject(new Error("no end")));
  return Promise.race([promise, late]).finally(() => {
    late.catch(() => {});
    timer.abort();
  });
}
