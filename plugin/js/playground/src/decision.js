// Turns a decision into its part of the page: the verdict, every rule that was looked at, and the answer.
//
// It shows each text as text.

import { byId, element, mark, sentence, show, shown } from "./dom.js";

/** @typedef {import("./play.js").Played} Played */
/** @typedef {(pointer: string) => void} Go selects a rule in the editor */

const OUTCOMES = { allow: ["passes", "allows"], deny: ["refused", "refuses"], would_deny: ["warning", "would refuse"] };
/** @param {string} text */
const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
};

/** A button that selects a rule. @param {string} pointer @param {Go} go */
export const ruleLink = (pointer, go) => element("button", { type: "button", class: "link", title: "Select it in the policy", click: () => go(pointer) }, pointer);

/** @param {Played} played @param {number} times @param {Go} go */
export function showDecision(played, times, go) {
  const { passes, reason, rule, message } = played;
  const ordinal = times > 1 ? ` (call ${times} of ${times})` : "";
  const why = passes ? passing(played) : message || "The request is refused.";
  show(byId("verdict"), element("div", { class: `verdict ${passes ? "passes" : "refused"}` },
    element("strong", {}, (passes ? "Passes" : "Refused") + ordinal),
    element("p", {}, ...(passes ? [] : by(rule, reason))),
    element("p", { class: "why" }, ...sentence(why))));
  show(byId("decision"), ...rules(played, go), ...answer(played), log(played));
}

/** @param {string | undefined} rule @param {string} reason */
const by = (rule, reason) => [...(rule ? ["by ", element("code", {}, rule), " "] : []), element("span", { class: "quiet" }, rule ? `(${reason})` : reason)];

/** @param {Played} played */
function passing({ shadow, caller, asksService }) {
  const by = caller && caller !== "anonymous" ? ` as ${caller}` : "";
  const would = shadow.length ? ` In shadow mode, ${shadow.join(", ")} would refuse it.` : "";
  return `The server gets the call${by}.${would}${asksService ? " A service that the policy asks is not there." : ""}`;
}

/** @param {Played} played @param {Go} go */
function rules({ rules }, go) {
  const { items, rest } = shown(rules, ({ rule, outcome, detail, conditions = [] }) => {
    const [kind = "", word = ""] = OUTCOMES[outcome];
    const name = rule === undefined ? "built in" : rule === "" ? "the policy" : ruleLink(rule, go);
    return element("li", {}, mark(kind, word), element("div", { class: "what" }, name, detail ? element("span", { class: "detail" }, detail) : undefined),
      conditions.length > 0 && element("ul", { class: "conditions" }, ...conditions.map(condition)));
  }, "rules");
  const none = element("p", { class: "quiet small" }, "No rule was looked at: the request was refused before.");
  return [element("h3", {}, "Rules looked at, in their order"), items.length ? element("ol", { class: "rules" }, ...items) : none, rest];
}

/** @param {import("mcp-policy").ConditionTrace} condition */
const condition = ({ path, op, value, truth }) =>
  element("li", {}, element("span", { class: `truth ${truth}` }, truth), 
    element("div", {}, element("code", {}, `${path} ${op}`), element("span", { class: "quiet" }, value === undefined ? " absent or unknown" : " read "), value !== undefined && element("code", {}, value)));

/** @param {Played} played */
function answer({ passes, status, headers, removed, body, response }) {
  if (!passes) return [element("h3", {}, "The client gets"), facts([["Status", String(status)], ...Object.entries(headers)]), code("Answer to the client", pretty(body))];
  const changes = /** @type {[string, string][]} */ ([...removed.map((name) => ["Removed header", name]), ...Object.entries(headers).map(([name, value]) => ["Header", `${name}: ${value}`])]);
  const request = [element("h3", {}, "The server gets"), body ? code("Message to the server", body) : element("p", { class: "small" }, "The same bytes."), changes.length ? facts(changes) : undefined];
  if (!response) return request;
  const same = response.isSame ? element("p", { class: "small" }, "The server's answer, unchanged.") : code("Answer to the client", pretty(response.body));
  return [...request, element("h3", {}, "The client gets"), same];
}

/** @param {[string, string][]} pairs */
const facts = (pairs) => element("dl", { class: "pairs" }, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
/** @param {string} label @param {string} text */
const code = (label, text) => element("pre", { tabindex: 0, role: "region", "aria-label": label }, text);

/** @param {Played} played */
const log = ({ audit }) => element("details", { class: "log" }, element("summary", { class: "small quiet" }, "Line of the audit log"), code("Line of the audit log", audit.map(pretty).join("\n")));

/** Shows the reason for a missing decision. @param {string} title @param {string} message */
export function showNone(title, message) {
  show(byId("verdict"), element("div", { class: "verdict" }, element("strong", {}, title), element("p", {}, ""), element("p", { class: "why" }, ...sentence(message))));
  show(byId("decision"));
}
