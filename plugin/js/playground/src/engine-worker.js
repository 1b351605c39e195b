// Turns calls of the page into decisions of the engine, in a worker.
//
// It never keeps counts from one call of the page to the next.

import { beforeOf, FieldError, requestOf, timesOf } from "./call.js";
import { Gateway } from "./play.js";
import { serve } from "./remote.js";
import { LineError, nameOf, timedCalls } from "./step.js";

/** @typedef {{ at: string, message: string }} Problem */
/** @typedef {{ rule: string, used: number, max: number, isOver: boolean }} Counted a limit after a call: its count, its maximum, and whether it was exceeded */
/**
 * @typedef {{ line: number, at: number, why: string, name: string, caller: string, passes: boolean, reason: string, rule: string | undefined,
 *   message: string, shadow: string[], counts: Counted[] }} Replayed
 */
/** @typedef {{ problems: Problem[] } | { field: string, message: string } | { line: string }} Mistake */

/** @param {(gateway: Gateway) => object} work @param {string} policy @returns {object} */
function withGateway(policy, work) {
  let gateway;
  try {
    gateway = new Gateway(policy);
    return work(gateway);
  } catch (error) {
    if (error instanceof FieldError) return { field: error.field, message: error.message };
    if (error instanceof LineError) return { line: error.message };
    if (error instanceof Error && error.name === "PolicyError") return { problems: /** @type {any} */ (error).problems };
    throw error;
  } finally {
    gateway?.free();
  }
}

/** The decision about a call, after calls of a timeline and of itself. @param {string} policy @param {import("./call.js").Call} call @param {string} timeline */
const decide = (policy, call, timeline) =>
  withGateway(policy, (gateway) => {
    const request = requestOf(call);
    const times = timesOf(call.times);
    const earlier = beforeOf(call.before);
    for (const { call } of earlier ? timedCalls(timeline).slice(0, earlier) : []) gateway.play(requestOf(call));
    for (let before = 1; before < times; before += 1) gateway.play(request);
    return { played: gateway.play(request), times };
  });

const COUNT = /^([\d.,]+) of ([\d.,]+) used/;
const number = (/** @type {string} */ text) => Number(text.replaceAll(",", ""));

/** @param {import("mcp-policy").RuleTrace[]} rules @returns {Counted[]} */
function countsOf(rules) {
  return rules.flatMap(({ rule, detail, outcome }) => {
    const [, used, max] = COUNT.exec(detail ?? "") ?? [];
    return rule && used && max ? [{ rule, used: number(used), max: number(max), isOver: outcome !== "allow" }] : [];
  });
}

/** @param {string} policy @param {string} lines */
const replay = (policy, lines) =>
  withGateway(policy, (gateway) => {
    const calls = timedCalls(lines).map(({ line, at, why, call }, index) => {
      const { passes, reason, rule, message, caller, shadow, rules } = gateway.play(requestOf(call, `call-${index + 1}`));
      return { line, at, why, name: nameOf(call.message), caller, passes, reason, rule, message, shadow, counts: countsOf(rules) };
    });
    return { calls };
  });

serve({ decide, replay });
