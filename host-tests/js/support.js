// Helpers for the tests of the package: calls of a tool, policies, and a map to count in.
//
// It asserts only that a step is a refusal where a test reads one.
import assert from "node:assert/strict";
import { Exchange, Policy } from "mcp-policy";

/** @typedef {import("mcp-policy").Cells} Cells @typedef {import("mcp-policy").Step} Step */

export const NOW = 1_767_225_600_000;
export const HEADERS = [":method", "POST", "Content-Type", "application/json", "X-Request-Id", "f00d"];

/** @param {unknown} document */
export const policy = (document) => Policy.parse(Buffer.from(JSON.stringify(document)));
export const LIMITED = { version: "1", default: "deny", tools: { run: { rate_limit: "1/minute" } } };

/** @param {string} name */
export const call = (name) =>
  Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: { a: 1 } } }));

/** An exchange that waits for a body. @param {Policy} policy @param {import("mcp-policy").HostContext} context */
export function begun(policy, context = {}) {
  const exchange = new Exchange(policy);
  assert.equal(exchange.begin(HEADERS, false, context, NOW).next, "needMore");
  return exchange;
}

/** Feeds a whole body. @param {Exchange} exchange @param {string} name */
export const feed = (exchange, name) => exchange.feed({ type: "body", bytes: call(name), endOfStream: true }, NOW);

/** @returns {Cells} */
export function memory() {
  const cells = new Map();
  let writes = 0;
  return {
    read: (key) => cells.get(key),
    compareAndSwap(key, bytes, version) {
      if (cells.get(key)?.version !== version) return false;
      cells.set(key, { bytes, version: ++writes });
      return true;
    },
  };
}

/** A policy whose calls wait for a person. */
export const ASKS = Policy.parse(JSON.stringify({
  version: "1",
  default: "deny",
  approvals: { keys: ["KEY"], url: "https://mcp.example/approvals", approvers: { release: { claim: { groups: "release" } } } },
  tools: { deploy: { action: "require_approval" } },
}), { KEY: "0123456789abcdef0123456789abcdef" });

/** A call whose client waits for a person; with the state of the round before, the next one. @param {string} [requestState] */
export function waiting(requestState) {
  const prefix = "io.modelcontextprotocol/";
  const _meta = { [`${prefix}protocolVersion`]: "2026-07-28", [`${prefix}clientInfo`]: { name: "agent", version: "1" }, [`${prefix}clientCapabilities`]: { elicitation: { url: {} } } };
  const params = { name: "deploy", arguments: {}, _meta, ...(requestState && { requestState, inputResponses: { "mcp-policy/approval": { action: "accept" } } }) };
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
}

/** The reason of a refusal. @param {Step} step */
export const reason = (step) => decision(step).reason;

/** The decision of a refusal, for programs. @param {Step} step */
export function decision(step) {
  assert.equal(step.next, "reply");
  const answer = JSON.parse(Buffer.from(step.body).toString());
  return answer.error?.data ?? answer.result._meta["mcp-policy/decision"];
}

/** The text that the client's user sees. @param {Step} step @returns {string} */
export function text(step) {
  assert.equal(step.next, "reply");
  return JSON.parse(Buffer.from(step.body).toString()).result.content[0].text;
}
