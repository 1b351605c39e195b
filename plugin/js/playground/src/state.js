// Turns the fields of the page into one state, and a value of somebody else into one.
//
// It keeps no member that it does not know, and only texts.

import { emptyCall } from "./call.js";

/** @typedef {import("./call.js").Call} Call */
/**
 * @typedef {object} State all texts as they were typed
 * @property {string} policy
 * @property {Call} call
 * @property {string} timeline lines of calls
 * @property {string} tools a list of tools
 * @property {string} roots directories of the starter policy, one a line
 * @property {string} hosts hosts of the starter policy, one a line
 * @property {string} other the policy to compare with
 * @property {Tab} tab
 */
/** @typedef {typeof TABS[number]} Tab */

export const TABS = /** @type {const} */ (["call", "timeline", "tools", "compare"]);
/** The longest text of a state that comes from elsewhere, in characters. */
const LONGEST = 200_000;
const TEXTS = /** @type {const} */ (["policy", "timeline", "tools", "roots", "hosts", "other"]);

/** @returns {State} */
export const emptyState = () => ({ policy: "", call: emptyCall(), timeline: "", tools: "", roots: "", hosts: "", other: "", tab: "call" });

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The texts of these names that an object has; undefined if it has anything else. @template {string} N @param {unknown} given @param {readonly N[]} names @returns {Partial<Record<N, string>> | undefined} */
function texts(given, names) {
  if (!isObject(given)) return undefined;
  const members = Object.entries(given);
  const isText = (/** @type {[string, unknown]} */ [name, value]) => names.includes(/** @type {N} */ (name)) && typeof value === "string" && value.length <= LONGEST;
  return members.every(isText) ? /** @type {Partial<Record<N, string>>} */ (given) : undefined;
}

/** The difference from an empty state. @param {State} state @returns {object} */
export function written(state) {
  const empty = emptyState();
  const filled = (/** @type {Record<string, unknown>} */ of, /** @type {Record<string, unknown>} */ other) => Object.fromEntries(Object.entries(of).filter(([name, value]) => typeof value === "string" && value !== other[name]));
  const call = filled({ ...state.call }, { ...empty.call });
  return { v: 1, ...filled({ ...state }, { ...empty }), ...(Object.keys(call).length ? { call } : {}) };
}

/** The state that a value describes; undefined if it describes none. @param {unknown} value @returns {State | undefined} */
export function stateOf(value) {
  if (!isObject(value) || value["v"] !== 1) return undefined;
  const { v: _, call = {}, tab = "call", ...rest } = value;
  const own = texts(rest, TEXTS);
  const ofCall = texts(call, /** @type {(keyof Call)[]} */ (Object.keys(emptyCall())));
  if (!own || !ofCall || !TABS.includes(/** @type {Tab} */ (tab))) return undefined;
  return { ...emptyState(), ...own, call: { ...emptyCall(), ...ofCall }, tab: /** @type {Tab} */ (tab) };
}
