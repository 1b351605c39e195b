// Turns the facts about a tool into the attacks of `policies/attacks/` that its kinds of access invite.
//
// It has no table of its own: the catalogue has the one.

import { accessOf, ATTACKS } from "site/access";

/** Signals by which a definition itself may deceive. */
const DECEIVING = ["poisoned", "look_alike", "steering", "contradiction"];

/** The names of the parameters of each tool, as far as the list can be read. @param {string} list @returns {Map<string, string[]>} */
export function parametersOf(list) {
  try {
    const given = JSON.parse(list);
    const tools = Array.isArray(given) ? given : (given.tools ?? given.result?.tools ?? []);
    return new Map(tools.map((/** @type {any} */ tool) => [String(tool.name), Object.keys(Object((tool.inputSchema ?? tool.input_schema ?? tool.parameters)?.properties))]));
  } catch {
    return new Map();
  }
}

/** @param {import("./tool.js").Tool} tool @param {string[]} parameters @returns {string[]} the names of attacks */
export function attacksOn({ name, class: kind, signals }, parameters) {
  const kinds = accessOf({ name, classes: [kind], signals: signals.map(({ kind }) => kind), parameters });
  const deceives = signals.some(({ kind }) => DECEIVING.includes(kind));
  const fits = (/** @type {string | string[]} */ abused) => (Array.isArray(abused) ? abused.some((access) => kinds.includes(access)) : deceives && abused === "definitions");
  return Object.entries(ATTACKS).filter(([, abused]) => fits(abused)).map(([attack]) => attack);
}
