// Turns lines of JSON, each a step of a case or a JSON-RPC message, into timed calls.
//
// It never guesses: a line of another form is a mistake with its number.

import { emptyCall, fieldsOf, START } from "./call.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {{ line: number, at: number, why: string, call: Call }} Timed a call, and when it is made in milliseconds since the start */

/** The most calls of a timeline. */
export const MOST_CALLS = 2000;
const UNITS = new Map([["ms", 1], ["s", 1000], ["m", 60_000], ["h", 3_600_000], ["d", 86_400_000]]);
const KEYS = ["at", "why", "call", "arguments", "body", "text", "method", "path", "host", "headers", "peer", "claims", "certificate", "cluster", "respond", "times", "every"];
const FORM = 'write a JSON-RPC message, or a step such as { "at": "18s", "call": "search", "arguments": {} }';

/** A mistake in a line. */
export class LineError extends Error {
  /** @param {number} line @param {string} message */
  constructor(line, message) {
    super(`line ${line}: ${message}`);
  }
}

/** `90s`, `2h`, `3d` in milliseconds. @param {unknown} text @returns {number | undefined} */
export function durationOf(text) {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(String(text)) ?? [];
  const scale = UNITS.get(unit ?? "");
  return scale === undefined ? undefined : Number(number) * scale;
}

/**
 * A step of a case as a call.
 * @param {any} step @param {number} number from 1: the id of its message, unless it has one
 * @returns {Call}
 */
export function callOf(step, number) {
  const headers = Object.entries(step.headers ?? {}).flatMap(([name, value]) => (value === null ? [`${name}: `] : fieldsOf({ [name]: value }).map((pair) => pair.join(": "))));
  if (step.host) headers.push(`:authority: ${step.host}`);
  return {
    ...emptyCall(),
    message: messageOf(step, number),
    headers: headers.join("\n"),
    claims: step.claims === undefined ? "" : JSON.stringify(step.claims),
    certificate: fieldsOf(step.certificate).map((pair) => pair.join(": ")).join("\n"),
    peer: step.peer ?? "",
    method: step.method ?? "",
    path: step.path ?? "",
    cluster: step.cluster ?? "",
    response: step.respond === undefined ? "" : JSON.stringify(step.respond),
  };
}

/** @param {any} step @param {number} number */
function messageOf(step, number) {
  if (step.text !== undefined) return String(step.text);
  if (step.body !== undefined) return JSON.stringify(step.body);
  if (step.call === undefined) return "";
  const params = { name: step.call, ...(step.arguments === undefined ? {} : { arguments: step.arguments }) };
  return JSON.stringify({ jsonrpc: "2.0", id: number, method: "tools/call", params });
}

/** @param {string} text @param {number} line @returns {any} */
function read(text, line) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LineError(line, `this is no JSON; ${FORM}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new LineError(line, `this is no object; ${FORM}`);
  if ("jsonrpc" in value) return { text };
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new LineError(line, `unknown key \`${unknown.slice(0, 60)}\`; write one of ${KEYS.join(", ")}`);
  return value;
}

/** @param {any} step @param {string} key @param {number} line @returns {number | undefined} */
function duration(step, key, line) {
  if (step[key] === undefined) return undefined;
  const found = durationOf(step[key]);
  if (found === undefined) throw new LineError(line, `\`${key}\` is no time; write one such as 500ms, 90s, 2h or 3d`);
  return found;
}

/** @param {any} step @param {number} line */
function timesOf(step, line) {
  const times = step.times ?? 1;
  if (!Number.isInteger(times) || times < 1 || times > MOST_CALLS) throw new LineError(line, `\`times\` is no number of calls; write 1 to ${MOST_CALLS}`);
  return times;
}

/**
 * The calls of a timeline. A line without `at` is a second after the one before.
 * @param {string} text @returns {Timed[]}
 */
export function timedCalls(text) {
  /** @type {Timed[]} */
  const calls = [];
  let next = 0;
  for (const [index, written] of text.split("\n").entries()) {
    if (written.trim() === "") continue;
    const line = index + 1;
    const step = read(written, line);
    const every = duration(step, "every", line) ?? 1000;
    let at = duration(step, "at", line) ?? next;
    for (let time = 0; time < timesOf(step, line); time += 1, at += every) {
      if (calls.length === MOST_CALLS) throw new LineError(line, `a timeline has ${MOST_CALLS} calls at most`);
      const call = callOf(step, calls.length + 1);
      calls.push({ line, at, why: String(step.why ?? ""), call: { ...call, time: new Date(START + at).toISOString() } });
    }
    next = at - every + 1000;
  }
  return calls;
}

/** The request of a message in a few words: `search`, or `tools/list`. @param {string} message */
export function nameOf(message) {
  try {
    const { method, params } = JSON.parse(message);
    const target = params?.name ?? params?.uri;
    return typeof target === "string" ? (method === "tools/call" ? target : `${method} ${target}`) : String(method ?? "response");
  } catch {
    return message === "" ? "no body" : "unreadable";
  }
}
