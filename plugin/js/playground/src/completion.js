// Turns the place of the cursor in a policy into the names and values that the schema of policies has for it.
//
// It offers nothing that the schema does not have.

import { syntaxTree } from "@codemirror/language";
import { childrenOf, nameOf, pathTo } from "./pointer.js";
import { membersAt, valuesAt } from "./schema.js";

/** @typedef {import("@codemirror/autocomplete").CompletionContext} CompletionContext */
/** @typedef {import("@codemirror/autocomplete").CompletionResult} CompletionResult */
/** @typedef {import("@codemirror/view").EditorView} EditorView */

/** @param {() => any} schema @returns {(context: CompletionContext) => CompletionResult | null} */
export const completion = (schema) => (context) => {
  const root = schema();
  if (!root) return null;
  const { state, pos } = context;
  const token = context.matchBefore(/"[^"\n]*|[\w.-]*/);
  const from = token?.from ?? pos;
  if (!context.explicit && from === pos) return null;
  const node = syntaxTree(state).resolveInner(from, from === pos ? -1 : 1);
  const holder = holderOf(node, from);
  if (!holder) return null;
  const isName = holder.name === "Object" && isBeforeName(state.sliceDoc(holder.from, from));
  return isName ? names(root, context, from, holder) : values(root, context, from, node, holder);
};

/** The object or list around a place. @param {import("@lezer/common").SyntaxNode} node @param {number} from */
function holderOf(node, from) {
  /** @type {import("@lezer/common").SyntaxNode | null} */
  let at = node;
  while (at && !((at.name === "Object" || at.name === "Array") && at.from < from)) at = at.parent;
  return at;
}

/** Whether a name comes next in an object that was written so far. @param {string} written */
const isBeforeName = (written) => /[{,]\s*$/.test(written);

/** @param {any} root @param {CompletionContext} context @param {number} from @param {import("@lezer/common").SyntaxNode} holder @returns {CompletionResult | null} */
function names(root, { state, pos }, from, holder) {
  const here = childrenOf(holder).filter((child) => child.name === "Property" && !(child.from <= from && pos <= (child.getChild("PropertyName")?.to ?? child.from)));
  const taken = new Set(here.map((property) => nameOf(property, state.doc)));
  const hasValue = /^\w*"?\s*:/.test(state.sliceDoc(pos, state.doc.lineAt(pos).to));
  const options = membersAt(root, pathTo(holder, state.doc)).filter(({ name }) => !taken.has(name)).map(({ name, about, skeleton }) => ({
    label: `"${name}"`, displayLabel: name, type: "property", ...(about ? { info: about } : {}),
    apply: put(`"${name}"`, hasValue ? "" : `: ${skeleton}`, hasValue ? 0 : skeleton.length > 1 ? 1 : 0),
  }));
  return options.length ? { from, options, validFor: /^"?[\w$]*$/ } : null;
}

/** @param {any} root @param {CompletionContext} context @param {number} from @param {import("@lezer/common").SyntaxNode} node @param {import("@lezer/common").SyntaxNode} holder @returns {CompletionResult | null} */
function values(root, { state }, from, node, holder) {
  const path = pathTo(holder, state.doc);
  const property = holder.name === "Object" ? holder.getChildren("Property").filter((child) => child.from < from).at(-1) : undefined;
  const step = holder.name === "Array" ? 0 : property ? nameOf(property, state.doc) : undefined;
  if (step === undefined) return null;
  const options = valuesAt(root, [...path, step]).map(({ text, about }) => ({ label: text, type: "enum", ...(about ? { info: about } : {}), apply: put(text, "", 0) }));
  return options.length ? { from, options, validFor: /^"?[\w ]*$/ } : null;
}

/** Writes a text over the token, with the quotation mark that the editor closed. @param {string} text @param {string} after @param {number} back */
const put = (text, after, back) => (/** @type {EditorView} */ view, /** @type {unknown} */ _, /** @type {number} */ from, /** @type {number} */ to) => {
  const closes = text.endsWith('"') && view.state.sliceDoc(to, to + 1) === '"';
  const insert = text + after;
  view.dispatch({ changes: { from, to: closes ? to + 1 : to, insert }, selection: { anchor: from + insert.length - back }, userEvent: "input.complete" });
};
