// Turns the findings about a policy into a list from which each leads to its place.
//
// It judges nothing.

import { byId, element, mark, sentence, show, shown } from "./dom.js";

/** @typedef {import("./tool.js").Finding} Finding */

/** @param {number} number @param {string} word */
const counted = (number, word) => (number ? `${number} ${word}${number === 1 ? "" : "s"}` : "");

/** @param {Finding[]} findings @param {(finding: Finding) => void} go */
export function showFindings(findings, go) {
  const of = (/** @type {string} */ level) => findings.filter((finding) => finding.level === level).length;
  const said = [counted(of("error"), "mistake"), counted(of("warning"), "warning"), counted(of("note"), "note")].filter(Boolean).join(", ");
  show(byId("checked"), said || "No mistakes");
  const order = ["error", "warning", "note"];
  const sorted = [...findings].sort((one, other) => order.indexOf(one.level) - order.indexOf(other.level));
  const { items, rest } = shown(sorted, (finding) => item(finding, go), "findings");
  show(byId("findings"), items.length > 0 && element("ul", { class: "findings", "aria-label": "Findings", tabindex: 0 }, ...items), rest);
}

/** @param {Finding} finding @param {(finding: Finding) => void} go */
function item(finding, go) {
  const { level, at, line, message, help } = finding;
  const place = element("button", { type: "button", class: "link", title: "Go there", click: () => go(finding) }, at || `line ${line}`);
  return element("li", {}, mark(level, level === "error" ? "mistake" : level), element("div", {}, element("p", {}, place), element("p", {}, ...sentence(message)), help ? element("p", { class: "quiet" }, ...sentence(help)) : undefined));
}
