// Turns the fields that describe a call, all texts as they were typed, into the request that a gateway would see.
//
// It decides nothing, and never keeps a field.

/**
 * A call as it stands in the fields of the page.
 * @typedef {object} Call
 * @property {string} message the body of the request; none if empty
 * @property {string} headers header fields, one `name: value` a line
 * @property {string} claims the claims of the verified token as JSON; no token if empty
 * @property {string} certificate names of the verified client certificate, one `uri_san: value` a line
 * @property {string} peer the client's address
 * @property {string} time the time of the call: ISO 8601, or seconds since 1970; 2026-01-01 if empty
 * @property {string} times how often the call is made; 1 if empty
 * @property {string} before how many calls of the timeline are made before; 0 if empty
 * @property {string} method the HTTP method; POST if empty
 * @property {string} path the target; /mcp if empty
 * @property {string} cluster the cluster of servers that the gateway's route chose
 * @property {string} response the server's response as JSON: `status`, `headers`, and `body`, `text` or `events`; none if empty
 */

/**
 * A request for the engine.
 * @typedef {object} Request
 * @property {string[]} headers names and values in turn; each character is one byte
 * @property {Uint8Array | undefined} body
 * @property {string} peer
 * @property {import("mcp-policy").Verified} verified
 * @property {string | undefined} cluster
 * @property {number} now milliseconds since 1970
 * @property {{ status: number, headers: string[], body: Uint8Array } | undefined} response
 */

/** A Thursday. */
export const START = Date.UTC(2026, 0, 1);
export const MOST_TIMES = 1000;
const NAMES = new Map([["uri_san", "uriSan"], ["dns_san", "dnsSan"], ["subject", "subject"]]);
const FIELD = /^([^\s:]+):[ \t]*(.*)$/;
const ENCODER = new TextEncoder();

/** @returns {Call} */
export const emptyCall = () => ({ message: "", headers: "", claims: "", certificate: "", peer: "", time: "", times: "", before: "", method: "", path: "", cluster: "", response: "" });

/** A mistake in one of the fields: its name, and the correction. */
export class FieldError extends Error {
  /** @param {keyof Call} field @param {string} message */
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** The bytes of a text as Latin-1 characters, in which the engine takes headers. @param {string} text */
export const bytesOf = (text) => String.fromCharCode(...ENCODER.encode(text));

/** @param {string} text @param {keyof Call} field @returns {[string, string][]} */
function pairs(text, field) {
  const lines = text.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
  return lines.map((line) => {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new FieldError(field, `\`${clip(line)}\` is no field; write \`name: value\`, one a line`);
    return [name.toLowerCase(), value];
  });
}

/** @param {string} text */
export const clip = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/** @param {Call} call @param {string} id the name of the request in the log @returns {string[]} */
function headersOf(call, id) {
  const own = pairs(call.headers, "headers");
  const method = call.method.trim() || "POST";
  const has = (/** @type {string} */ name) => own.some(([other]) => other === name);
  /** @type {[string, string][]} */
  const pseudo = [[":method", method], [":path", call.path.trim() || "/mcp"], [":scheme", "http"], [":authority", "test"]];
  /** @type {[string, string][]} */
  const defaults = [["accept", "application/json, text/event-stream"], ["x-request-id", id]];
  if (method === "POST") defaults.unshift(["content-type", "application/json"]);
  // An empty value leaves a default out.
  const fields = [...pseudo, ...defaults].filter(([name]) => !has(name)).concat(own.filter(([name, value]) => value !== "" || !isDefault(name)));
  return fields.flatMap(([name, value]) => [bytesOf(name), bytesOf(value)]);
}

/** Whether a request has a field of this name by default. @param {string} name */
export const isDefault = (name) => ["accept", "content-type", "x-request-id"].includes(name.toLowerCase());

/** @param {Call} call @returns {import("mcp-policy").Verified} */
function verifiedOf(call) {
  const claims = call.claims.trim();
  /** @type {Record<string, string>} */
  const verified = claims === "" ? {} : { claims };
  for (const [name, value] of pairs(call.certificate, "certificate")) {
    const member = NAMES.get(name);
    if (!member) throw new FieldError("certificate", `\`${clip(name)}\` is no name of a certificate; write uri_san, dns_san or subject`);
    verified[member] = value;
  }
  return verified;
}

/** @param {string} text @returns {number} milliseconds since 1970 */
export function timeOf(text) {
  const written = text.trim();
  if (written === "") return START;
  const time = /^\d+(\.\d+)?$/.test(written) ? Number(written) * 1000 : Date.parse(written);
  if (!Number.isFinite(time) || time < 0 || time > 8.64e15) throw new FieldError("time", `\`${clip(written)}\` is no time; write one such as 2026-01-01T09:00:00Z`);
  return Math.round(time);
}

/** @param {string} text @returns {number} */
export function timesOf(text) {
  const written = text.trim() || "1";
  const times = /^\d{1,4}$/.test(written) ? Number(written) : 0;
  if (times < 1 || times > MOST_TIMES) throw new FieldError("times", `\`${clip(written)}\` is no number of calls; write 1 to ${MOST_TIMES}`);
  return times;
}

/** @param {string} text @returns {number} */
export function beforeOf(text) {
  const written = text.trim() || "0";
  if (!/^\d{1,4}$/.test(written)) throw new FieldError("before", `\`${clip(written)}\` is no number of calls; write 0 or more`);
  return Number(written);
}

/** @param {string} text */
function responseOf(text) {
  if (text.trim() === "") return undefined;
  /** @type {any} */
  const given = objectOf(text);
  const { status = 200, headers = {}, body, text: exact, events } = given;
  const content = exact ?? (events ? events.map(event).join("") : body === undefined ? "" : JSON.stringify(body));
  const bytes = ENCODER.encode(String(content));
  const named = fieldsOf(headers);
  const kind = events ? "text/event-stream" : "application/json";
  if (!named.some(([name]) => name === "content-type")) named.unshift(["content-type", kind]);
  named.push(["content-length", String(bytes.length)]);
  return { status: Number(status) || 200, headers: named.flatMap(([name, value]) => [bytesOf(name), bytesOf(value)]), body: bytes };
}

/** @param {string} text @returns {Record<string, unknown>} */
function objectOf(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The sentence below is about this, too.
  }
  throw new FieldError("response", "the response is no JSON object; write one such as { \"body\": { … } }");
}

/** @param {unknown} message @param {number} index */
const event = (message, index) => `event: message\nid: ${index}\ndata: ${JSON.stringify(message)}\n\n`;

/** Header fields that are written as an object: a text, a list for a field that is sent several times, null for none. @param {unknown} given @returns {[string, string][]} */
export function fieldsOf(given) {
  return Object.entries(given ?? {}).flatMap(([name, value]) => {
    const values = value === null ? [] : Array.isArray(value) ? value : [value];
    return values.map((one) => /** @type {[string, string]} */ ([name.toLowerCase(), String(one)]));
  });
}

/** @param {Call} call @param {string} id @returns {Request} */
export function requestOf(call, id = "playground") {
  return {
    headers: headersOf(call, id),
    body: call.message === "" ? undefined : ENCODER.encode(call.message),
    peer: call.peer.trim() || "127.0.0.1",
    verified: verifiedOf(call),
    cluster: call.cluster.trim() || undefined,
    now: timeOf(call.time),
    response: responseOf(call.response),
  };
}
