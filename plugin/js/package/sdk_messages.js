// Turns messages of JSON-RPC into the HTTP that a policy judges, and judged HTTP into messages again.
//
// It reads a message from its text alone: an object may have another text each time.
import { unavailable } from "mcp-policy";

/**
 * @typedef {string | number} Id
 * @typedef {{ jsonrpc?: string, id?: Id, method?: string, params?: any, result?: any, error?: any }} Message
 * @typedef {{ kind: "request" | "notification" | "answer", text: string, message: Message }} Reading a message, its text and its kind
 */

const META_VERSION = "io.modelcontextprotocol/protocolVersion";
/** The first revision whose headers repeat the message. */
const REPEATS = "2026-07-28";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The kind of a message and its text, from which it is read again: nothing but the text is judged. @param {unknown} given @returns {Reading | undefined} */
export function reading(given) {
  let text;
  let message;
  try {
    // Readers of event streams may take these for ends of lines.
    text = JSON.stringify(given).replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (message === null || typeof message !== "object" || Array.isArray(message)) return undefined;
  const has = (/** @type {string} */ name) => Object.hasOwn(message, name);
  if ([has("method"), has("result"), has("error")].filter(Boolean).length !== 1) return undefined;
  const named = typeof message.id === "string" || typeof message.id === "number";
  if (has("id") && !named) return undefined;
  if (!has("method")) return named ? { kind: "answer", text, message } : undefined;
  return { kind: named ? "request" : "notification", text, message };
}

/** The header of the revision that both sides agreed on. @param {string | undefined} agreed */
export const version = (agreed) => (agreed === undefined ? [] : ["mcp-protocol-version", agreed]);

/** The headers in which a message is repeated: those of its revision. @param {Message} message @param {string | undefined} agreed */
export function repeated({ method = "", params }, agreed) {
  const claimed = params?._meta?.[META_VERSION];
  if (typeof claimed !== "string" || claimed < REPEATS) return method === "initialize" ? [] : version(agreed);
  const kind = /^(resources|tasks)\//.exec(method)?.[1];
  const name = kind === "resources" ? params.uri : kind === "tasks" ? params.taskId : params.name;
  const named = typeof name === "string" ? ["mcp-name", `=?base64?${btoa(String.fromCharCode(...encoder.encode(name)))}?=`] : [];
  return [...version(claimed), "mcp-method", method, ...named];
}

/**
 * The answer of JSON-RPC in a refusal, without an id.
 * @param {{ headers: Record<string, string>, body: Uint8Array }} refusal @returns {Message}
 */
export function denial({ headers, body }) {
  const answer = String(headers["content-type"]).startsWith("application/json") ? message(body) : undefined;
  // A page, such as that of approvals, is no answer.
  if (answer?.result === undefined && answer?.error === undefined) return denial(unavailable());
  const { result, error } = answer;
  return result === undefined ? { jsonrpc: "2.0", error } : { jsonrpc: "2.0", result };
}

/** The message in a body. @param {Uint8Array} body @returns {Message} */
export const message = (body) => JSON.parse(decoder.decode(body));

/** The event of a stream with the text of a message. @param {string} text */
export const event = (text) => encoder.encode(`data: ${text}\n\n`);

/** The messages in the bytes of an event stream. @param {Uint8Array} bytes @returns {Message[]} */
export function messages(bytes) {
  const data = (/** @type {string} */ event) => event.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice(5)] : []));
  const texts = decoder.decode(bytes).split(/\r?\n\r?\n/).map((event) => data(event).join("\n"));
  return texts.filter((text) => text.trim() !== "").map((text) => JSON.parse(text));
}
