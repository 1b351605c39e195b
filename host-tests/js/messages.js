// Plays a request of a case through a governed transport of messages, and says why where a transport cannot carry it.
//
// Nothing here judges: the governed transport alone decides what arrives at the other end.
import { setImmediate } from "node:timers/promises";
import { governTransport } from "mcp-policy/sdk";

/**
 * @typedef {import("./cases.js").Request} Request
 * @typedef {import("./cases.js").Arrival} Arrival
 * @typedef {import("./cases.js").Respond} Respond
 * @typedef {{ jsonrpc?: string, id?: string | number, method?: string, params?: any, result?: any, error?: any }} Message
 * @typedef {{ refused: string } | { passed: string, received: { body: string, broken: boolean } }} Played the answer of the gateway, or
 *   the message at the server and the response at the client, each character one byte
 * @typedef {{ data: string, message: Message }} Sent a message of the server, and its text
 */

const ONE_POST = "a message has no method, status, trailers or second server of HTTP";
const NO_MESSAGE = "the body is not the text of one object";
export const NO_REQUEST = "only a request has an answer: a refused notification does not arrive, nor does an object that is no message";
const OWN_FIELDS = "the transport writes the header fields of MCP itself";
const NO_RESPONSE = "the response is something else than messages and the answer to the request";
const OF_NO_REQUEST = "on the side of a client, a message before the answer belongs to no request";
const COUNTED = "the policy counts the bytes of a text that the transport writes anew";

const DEFAULTS = new Map([["content-type", "application/json"], ["accept", "application/json, text/event-stream"]]);
/** The first revision whose header fields repeat the message. */
const REPEATS = "2026-07-28";
const PSEUDO = [":method", ":path", ":scheme", ":authority"];

/** @param {string} latin1 @returns {string} */
const utf8 = (latin1) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, "latin1"));
/** @param {string} text */
const latin1 = (text) => Buffer.from(text).toString("latin1");
/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** A text of JSON without spaces, and with each string written as an engine writes it. @param {string} text @param {string} [colon] */
function compact(text, colon = ":") {
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+|:/g, (token) => (token === ":" ? colon : token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : ""));
}

/** The object of a text, where no other text makes that object. @param {string} text @returns {Message | undefined} */
function objectOf(text) {
  try {
    const parsed = JSON.parse(text);
    const isObject = parsed !== null && typeof parsed === "object" && !Array.isArray(parsed);
    return isObject && compact(text) === JSON.stringify(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** An end of a connection in memory. */
class End {
  /** @type {((message: any, extra?: any) => void) | undefined} */
  onmessage;
  /** @type {((error: Error) => void) | undefined} */
  onerror;
  /** @type {(() => void) | undefined} */
  onclose;
  /** @type {End | undefined} */
  other;
  /** The session of the connection. @type {string | undefined} */
  sessionId;

  async start() {}

  /** @param {any} message */
  async send(message) {
    this.other?.onmessage?.(message);
  }

  async close() {
    this.onclose?.();
  }
}

/** Two ends, of which one has the policy. */
class Connection {
  /** What arrived at each end. @type {Message[]} */
  atServer = [];
  /** @type {Message[]} */
  atClient = [];
  /** @type {import("mcp-policy/sdk").Transport} */
  client;
  /** @type {import("mcp-policy/sdk").Transport} */
  server;
  #inner = new End();

  /** @param {import("mcp-policy").Policy} policy @param {import("mcp-policy/sdk").GovernOptions} options */
  constructor(policy, options) {
    const other = new End();
    [this.#inner.other, other.other] = [other, this.#inner];
    const governed = governTransport(this.#inner, policy, options);
    [this.client, this.server] = options.side === "server" ? [other, governed] : [governed, other];
    this.client.onmessage = (message) => void this.atClient.push(message);
    this.server.onmessage = (message) => void this.atServer.push(message);
    this.governed = governed;
  }

  /** @param {string | undefined} id */
  set session(id) {
    this.#inner.sessionId = id;
  }

  /** Sends a message, and waits until nothing is under way. @param {import("mcp-policy/sdk").Transport} from @param {Message} message @param {object} [options] */
  async send(from, message, options) {
    await from.send(message, options);
    // The end without the policy does not wait for the verdict, in which nothing waits for a timer or for the machine.
    await setImmediate();
  }
}

/**
 * Plays a request over a connection of its own, as to a server without sessions.
 * @param {import("mcp-policy").Policy} policy @param {import("mcp-policy/sdk").GovernOptions} options @param {Request} request
 * @param {Arrival} arrival @returns {Promise<Played | string>}
 */
export async function throughTransport(policy, options, request, arrival) {
  const sent = messageOf(request, arrival);
  if (typeof sent === "string") return sent;
  const { message, headers, session } = sent;
  const response = responseTo(message, request.respond, arrival);
  const connection = new Connection(policy, { ...options, headers: () => headers });
  await connection.governed.start();
  connection.session = session;
  await connection.send(connection.client, message);
  const [passed] = connection.atServer;
  const [answer] = connection.atClient;
  const played = passed
    ? await answered(connection, { request, message, passed, response, isClient: options.side === "client" })
    : refused(message, answer);
  await connection.governed.close();
  return played;
}

/** A refusal, which has the id of its request. @param {Message} message @param {Message | undefined} answer @returns {Played | string} */
function refused(message, answer) {
  const { id, method } = message;
  const isRequest = (typeof id === "string" || typeof id === "number") && method !== undefined && isOneKind(message);
  if (!answer && isRequest) throw new Error(`the request ${id} is neither passed on nor answered`);
  if (!answer) return NO_REQUEST;
  if (!same(answer.id, id)) throw new Error(`the answer to ${id} has the id ${answer.id}`);
  return { refused: latin1(JSON.stringify(answer)) };
}

/** The message of a request, and the header fields that are not the transport's own. @param {Request} request @param {Arrival} arrival */
function messageOf({ headers, body, cluster, sentTo }, { trailers }) {
  const fields = headers.flatMap((name, index) => (index % 2 === 0 ? [/** @type {[string, string]} */ ([name, headers[index + 1] ?? ""])] : []));
  const values = (/** @type {string} */ name) => fields.filter(([given]) => given === name).map(([, value]) => value);
  const pseudo = fields.filter(([name]) => name.startsWith(":"));
  const isOnePost = pseudo.length === PSEUDO.length && PSEUDO.every((name) => values(name).length === 1) && values(":method")[0] === "POST";
  if (!isOnePost || trailers || sentTo !== cluster) return ONE_POST;
  const message = decoded(body);
  if (!message) return NO_MESSAGE;
  const own = new Map([...DEFAULTS, ...repeated(message)]);
  const isOwn = [...own].every(([name, value]) => same(values(name).map(plain), [value]));
  const [session, ...more] = values("mcp-session-id");
  if (!isOwn || more.length > 0) return OWN_FIELDS;
  const rest = fields.filter(([name]) => name !== ":method" && name !== "mcp-session-id" && !own.has(name));
  return { message, headers: rest.flat(), session };
}

/** @param {string} body */
function decoded(body) {
  try {
    return objectOf(utf8(body));
  } catch {
    return undefined;
  }
}

/** The header fields in which a message of a later revision is repeated. @param {Message} message @returns {[string, string][]} */
function repeated({ method, params }) {
  const version = params?._meta?.["io.modelcontextprotocol/protocolVersion"];
  if (typeof version !== "string" || version < REPEATS || typeof method !== "string") return [];
  const name = /^resources\//.test(method) ? params.uri : /^tasks\//.test(method) ? params.taskId : params.name;
  const named = /** @type {[string, string][]} */ (typeof name === "string" ? [["mcp-name", name]] : []);
  return [["mcp-protocol-version", version], ["mcp-method", method], ...named];
}

/** The value of a header field that may be encoded. @param {string} value */
function plain(value) {
  const encoded = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value)?.[1];
  return encoded === undefined ? value : Buffer.from(encoded, "base64").toString();
}

/**
 * The messages of a response and the pieces of text before, between and after them, or why a transport cannot carry it.
 * @param {Message} message @param {Respond | null} respond @param {Arrival} arrival @returns {{ sent: Sent[], texts: string[] } | string}
 */
function responseTo({ id, method }, respond, arrival) {
  const isRequest = id !== undefined && method !== undefined;
  if (!respond) {
    const answer = { jsonrpc: "2.0", id: /** @type {string | number} */ (id), result: {} };
    return { sent: isRequest ? [{ data: JSON.stringify(answer), message: answer }] : [], texts: [] };
  }
  const names = respond.headers.filter((_, index) => index % 2 === 0);
  const isPlain = names.every((name) => ["content-type", "content-length", "mcp-session-id"].includes(name)) && new Set(names).size === names.length;
  const media = respond.headers[names.indexOf("content-type") * 2 + 1] ?? "";
  if (!isPlain || arrival.responseTrailers) return NO_RESPONSE;
  if (!isRequest) return respond.status === 202 && respond.body === "" ? { sent: [], texts: [""] } : NO_RESPONSE;
  const split = respond.status === 200 ? partsOf(media, respond.body) : undefined;
  const answer = split?.sent.findIndex(({ message }) => message.method === undefined) ?? -1;
  const isInOrder = answer < 0 || (answer === (split?.sent.length ?? 0) - 1 && same(split?.sent[answer]?.message.id, id));
  return split && split.sent.length > 0 && isInOrder ? split : NO_RESPONSE;
}

/** @param {string} media @param {string} body each character is one byte @returns {{ sent: Sent[], texts: string[] } | undefined} */
function partsOf(media, body) {
  try {
    const text = utf8(body);
    if (media !== "application/json" && media !== "text/event-stream") return undefined;
    // An event without data has no message.
    const datas = media === "application/json" ? ["", text, ""] : text.split(/(?<=(?:^|[\r\n])data: ?)(?! )([^\r\n]+)/);
    const sent = datas.filter((_, index) => index % 2 === 1).map((data) => ({ data, message: objectOf(data) }));
    const texts = datas.filter((_, index) => index % 2 === 0);
    // More than one line of data in an event is a text that a transport would not write.
    const isOneEach = texts.slice(1, -1).every((between) => /\n\r?\n/.test(between));
    return isOneEach && sent.every(({ message }) => message && isOneKind(message)) ? { sent: /** @type {Sent[]} */ (sent), texts } : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Message} message */
const isOneKind = (message) => ["method", "result", "error"].filter((name) => Object.hasOwn(message, name)).length === 1;

/**
 * The server's answer to a message that has passed.
 * @param {Connection} connection
 * @param {{ request: Request, message: Message, passed: Message, response: ReturnType<typeof responseTo>, isClient: boolean }} played
 */
async function answered(connection, { request, message, passed, response, isClient }) {
  if (typeof response === "string") return response;
  const { respond, body } = request;
  const session = respond?.headers.indexOf("mcp-session-id") ?? -1;
  if (session >= 0) connection.session = respond?.headers[session + 1];
  let received = response.texts[0] ?? "";
  for (const [index, { data, message: sent }] of response.sent.entries()) {
    const before = connection.atClient.length;
    await connection.send(connection.server, sent, { relatedRequestId: message.id });
    const arrived = connection.atClient.slice(before);
    const isCounted = arrived.some(({ error }) => / has \d+ bytes/.test(error?.message));
    if (isClient && arrived.length === 0) return OF_NO_REQUEST;
    if (isCounted && data !== JSON.stringify(sent)) return COUNTED;
    received += arrived.map((message) => textOf(message, { data, message: sent })).join("\n\ndata: ") + (response.texts[index + 1] ?? "");
  }
  // A message has no room in which members that were removed leave spaces.
  const judged = latin1(JSON.stringify(passed)).padEnd(body.length);
  return { passed: same(passed, message) ? body : judged, received: { body: latin1(received), broken: false } };
}

/** The text of a message in the place of one of the server. @param {Message} message @param {Sent} sent */
function textOf(message, sent) {
  if (same(message, sent.message)) return sent.data;
  const { jsonrpc, id, ...rest } = message;
  const text = JSON.stringify({ jsonrpc, id, ...rest });
  return sent.data === compact(sent.data, ": ") && !message.error ? compact(text, ": ") : text;
}
