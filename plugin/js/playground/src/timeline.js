// Turns the decisions about the calls of a timeline into drawings of its counters, and a table.
//
// It shows as many limits as a page can hold.

import { chart, clock } from "./chart.js";
import { ruleLink } from "./decision.js";
import { byId, element, mark, sentence, show, table } from "./dom.js";

/** @typedef {import("./engine-worker.js").Replayed} Replayed */

const MOST_CHARTS = 12;

/** @param {Replayed[]} calls @param {(pointer: string) => void} go */
export function showTimeline(calls, go) {
  const refused = calls.filter(({ passes }) => !passes).length;
  const said = `${calls.length} ${calls.length === 1 ? "call" : "calls"}: ${calls.length - refused} pass, ${refused} refused.`;
  const first = calls.find(({ passes }) => !passes);
  show(byId("replayed"), element("p", {}, element("strong", {}, said), first ? ` The first refusal is call ${calls.indexOf(first) + 1}, after ${clock(first.at)}.` : ""));
  const drawings = [...series(calls)].slice(0, MOST_CHARTS).map(([title, points]) => chart(title, points, byId("counters").clientWidth));
  show(byId("counters"), drawings.length > 0 && element("h3", {}, "Counts after each call"), ...drawings);
  show(byId("calls"), calls.length > 0 && table("Calls and their decisions", ["#", "After", "Call", "Decision", "Counts", "Why"], calls, (call, index) => row(call, index, go)));
}

/** The counts of each limit, apart for each caller. @param {Replayed[]} calls */
function series(calls) {
  /** @type {Map<string, import("./chart.js").Point[]>} */
  const all = new Map();
  const callers = new Set(calls.map(({ caller }) => caller));
  for (const { at, caller, counts } of calls) {
    for (const { rule, used, max, isOver } of counts) {
      const title = callers.size > 1 && caller ? `${rule} (${caller})` : rule;
      all.set(title, [...(all.get(title) ?? []), { at, used, max, isOver }]);
    }
  }
  return all;
}

/** @param {Replayed} call @param {number} index @param {(pointer: string) => void} go */
function row({ at, why, name, caller, passes, reason, rule, message, shadow, counts }, index, go) {
  const number = (/** @type {string} */ text) => element("span", { class: "number" }, text);
  const who = caller && caller !== "anonymous" ? element("p", { class: "note" }, caller) : undefined;
  const cause = passes ? element("span", { class: "quiet" }, shadow.length ? `shadow: ${shadow.join(", ")}` : why) : element("div", {}, element("p", {}, rule ? ruleLink(rule, go) : reason), element("p", { class: "note" }, ...sentence(message)));
  return [number(String(index + 1)), number(clock(at)), element("div", {}, element("code", {}, name), who), mark(passes ? "passes" : "refused", passes ? "passes" : "refused"), number(counts.map(({ used, max }) => `${used}/${max}`).join(", ")), cause];
}

/** Shows why nothing was replayed. @param {string} message @param {boolean} isWrong */
export function showNoTimeline(message, isWrong) {
  show(byId("replayed"), element("p", { class: isWrong ? "wrong" : "quiet" }, message));
  show(byId("counters"));
  show(byId("calls"));
}
