// Turns a list of tools into the class of each, the attacks that fit it, and a starter policy.
//
// It shows each text of a server as text.

import { attacksOn, parametersOf } from "./attacks.js";
import { byId, element, mark, sentence, show, table } from "./dom.js";

/** @typedef {import("./tool.js").Tool} Tool */

/** @param {Tool[]} tools @param {string} list as it was pasted @param {Set<string>} known attacks that are examples @param {(attack: string) => void} open shows one */
export function showTools(tools, list, known, open) {
  const severe = tools.filter(({ severity }) => severity === "Critical" || severity === "High").length;
  const parameters = parametersOf(list);
  const attacks = (/** @type {Tool} */ tool) => attacksOn(tool, parameters.get(tool.name) ?? []).filter((name) => known.has(name));
  show(byId("scanned"), element("p", {}, element("strong", {}, `${tools.length} ${tools.length === 1 ? "tool" : "tools"}, ${severe} of High or Critical severity.`)));
  show(byId("classes"), table("Tools and their classes", ["Tool", "Class", "Because and signals", "Attacks that fit"], tools, (tool) => row(tool, attacks(tool), open)));
}

/** @param {Tool} tool @param {string[]} attacks @param {(attack: string) => void} open */
function row({ name, class: kind, severity, because, signals }, attacks, open) {
  const attack = (/** @type {string} */ id) => element("li", {}, element("button", { type: "button", class: "link", title: "Open it as an example", click: () => open(id) }, id.replaceAll("-", " ")));
  const reasons = [...because.slice(0, 3), ...signals.map(({ says }) => says)];
  const severe = element("p", { class: "note" }, severity);
  const items = (/** @type {HTMLElement[]} */ all, /** @type {string} */ kind) => (all.length ? element("ul", { class: kind }, ...all) : undefined);
  return [element("code", {}, name), element("div", {}, mark(kind.toLowerCase(), kind), severe), items(reasons.map((text) => element("li", {}, ...sentence(text))), "signals"), items(attacks.map(attack), "fits")];
}

/** @param {string} policy @param {string[]} notes */
export function showStarter(policy, notes) {
  byId("starter-part").hidden = false;
  show(byId("starter"), policy);
  show(byId("left-open"), ...notes.map((note) => element("li", {}, ...sentence(note))));
}

/** @param {string} message */
export function showNoStarter(message) {
  show(byId("starter"), message);
  show(byId("left-open"));
}

/** @param {string} message @param {boolean} isWrong */
export function showNoTools(message, isWrong) {
  show(byId("scanned"), element("p", { class: isWrong ? "wrong" : "quiet" }, message));
  show(byId("classes"));
  byId("starter-part").hidden = true;
}
