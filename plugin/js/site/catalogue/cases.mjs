// Turns case files into their steps, each with its request and outcome in words, and into the rules that stop them.
//
// It never plays a case: the tests of the project do, on every host.

import fs from "node:fs";
import path from "node:path";
import { at, json, line, visible } from "./text.mjs";

/**
 * @typedef {object} Step
 * @property {string} [why]
 * @property {string} [tool] the name of the tool that it calls
 * @property {boolean} plain nothing but the tool and its arguments decides it
 * @property {string} request what is sent, as text to show
 * @property {string} [as] who sends it
 * @property {string} [at] the time since the first step
 * @property {"passes" | "refused" | "changed" | "answered"} outcome
 * @property {string} [says] the answer that the client reads, or the reason where it has no words
 * @property {string} [rule] the JSON Pointer of the rule that decided
 */

/** The keys of a step that is a call and nothing else: no caller, header, time or answer of a server. */
const PLAIN = ["why", "call", "arguments", "body", "expect"];

/** The case in a file, with its policy. */
export function readCase(file) {
  const written = JSON.parse(fs.readFileSync(file, "utf8"));
  const policy = written.policy_file ? JSON.parse(fs.readFileSync(path.join(path.dirname(file), written.policy_file), "utf8")) : written.policy;
  return { ...written, policy, steps: (written.steps ?? []).map(step) };
}

/** @returns {Step} */
function step(written) {
  const tool = written.call ?? calledIn(written.body);
  const plain = tool !== undefined && Object.keys(written).every((key) => PLAIN.includes(key));
  return { why: written.why, tool, plain, arguments: written.arguments ?? written.body?.params?.arguments, request: request(written), as: caller(written), at: written.at, ...outcome(written.expect) };
}

function calledIn(body) {
  return body?.method === "tools/call" && typeof body.params?.name === "string" ? body.params.name : undefined;
}

function request({ call, arguments: given, body, text, method, path: target, headers }) {
  const head = target || method ? `${method ?? "POST"} ${target ?? "/mcp"}\n` : "";
  const fields = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${typeof value === "string" ? value : line(value)}\n`).join("");
  if (call !== undefined) return `${head}${fields}${line(call).slice(1, -1)} ${json(given ?? {})}`;
  const sent = body === undefined ? visible(text ?? "") : json(body);
  return `${head}${fields}${fields && sent ? "\n" : ""}${sent}`.trimEnd();
}

function caller({ as, claims, certificate }) {
  if (typeof as === "string") return as;
  const facts = claims ?? certificate;
  return facts ? line(facts) : undefined;
}

function outcome(expect) {
  if (expect === "forward") return { outcome: "passes" };
  const { forward, response, answer, message, detail, rule } = expect;
  if (forward) return response && response !== "same" ? { outcome: "changed", ...changes(response) } : { outcome: "passes" };
  if (answer === "page") return { outcome: "answered", says: "The gateway shows its page of approvals." };
  const says = message ?? (detail?.reason ? `Refused: ${detail.reason.replaceAll("_", " ")}` : undefined);
  return { outcome: answer === "input_required" ? "answered" : "refused", says, rule };
}

/** What the client gets instead of the server's response, and what the log says of it. */
function changes({ problem, text, ...others }) {
  const answer = text === undefined ? json(others) : visible(text);
  return { says: problem ?? "The server's answer is changed.", answer };
}

/** The rules by which steps of a case are refused or answers changed, each with its JSON. */
export function rulesOf({ policy, steps }) {
  const pointers = steps.filter(({ outcome }) => outcome !== "passes").map(({ rule }) => rule);
  const found = [...new Set(pointers.filter(Boolean))];
  if (found.length === 0 && steps.some(({ outcome }) => outcome === "changed")) found.push(...ofAnswers(policy));
  return found.map((pointer) => ({ pointer, rule: policy && at(policy, pointer) }));
}

/** The rules about answers, which the log does not name; without one, what is not listed is refused. */
function ofAnswers({ tools }) {
  const rules = Object.entries(tools ?? {}).filter(([, entry]) => entry.result).map(([name]) => `/tools/${name}/result`);
  return rules.length > 0 ? rules : ["/default"];
}

/** A step that a person can play alone: one that a rule about its arguments or its name refuses. */
export function playable(steps) {
  return steps.find(({ plain, outcome, rule }) => plain && outcome === "refused" && /\/(require|deny_if|action)|^\/default$/.test(rule ?? ""));
}

/** Steps that follow each other with one outcome, together. */
export function grouped(steps) {
  const groups = [];
  const same = (one, other) => ["outcome", "says", "rule", "answer"].every((key) => one[key] === other[key]);
  for (const step of steps) {
    if (groups.length > 0 && same(groups.at(-1)[0], step)) groups.at(-1).push(step);
    else groups.push([step]);
  }
  return groups;
}

/** True where a message is refused by no rule of the policy. */
export function byGateway({ steps }) {
  return steps.some(({ outcome, rule }) => outcome === "refused" && !rule);
}
