// Turns the decisions of two policies about the same calls into the calls that they decide differently.
//
// It decides nothing: both policies were played on the engine, with the times and the callers of the calls.

import { clock } from "./chart.js";
import { ruleLink } from "./decision.js";
import { byId, element, mark, show, table } from "./dom.js";

/** @typedef {import("./engine-worker.js").Replayed} Replayed */
/** @typedef {(pointer: string) => void} Go */

/** @param {Replayed[]} calls @param {Replayed[]} others the same calls under the other policy @param {Go} go @param {Go} goOther */
export function showDifferences(calls, others, go, goOther) {
  const pairs = calls.flatMap((call, index) => {
    const other = others[index];
    return other && (other.passes !== call.passes || other.rule !== call.rule) ? [{ number: index + 1, call, other }] : [];
  });
  const said = pairs.length === 0 ? `Both policies decide the ${calls.length} calls of the timeline alike.` : `${pairs.length} of ${calls.length} calls are decided differently.`;
  show(byId("compared"), element("p", {}, element("strong", {}, said)));
  const number = (/** @type {string} */ text) => element("span", { class: "number" }, text);
  const row = (/** @type {typeof pairs[number]} */ { number: at, call, other }) => [number(String(at)), number(clock(call.at)), element("code", {}, call.name), decided(call, go), decided(other, goOther)];
  show(byId("differences"), pairs.length > 0 && table("Calls that are decided differently", ["#", "After", "Call", "Policy", "Other policy"], pairs, row));
}

/** @param {Replayed} call @param {Go} go */
const decided = ({ passes, rule }, go) => element("div", {}, mark(passes ? "passes" : "refused", passes ? "passes" : "refused"), rule ? element("p", {}, ruleLink(rule, go)) : undefined);

/** @param {string} message @param {boolean} isWrong */
export function showNoDifferences(message, isWrong) {
  show(byId("compared"), element("p", { class: isWrong ? "wrong" : "quiet" }, message));
  show(byId("differences"));
}
