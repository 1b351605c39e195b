// Turns JSON Pointers (RFC 6901) into places of a text, and places into paths.
//
// It needs no valid JSON: the tree of the editor has places for the readable parts.

/** @typedef {import("@lezer/common").SyntaxNode} SyntaxNode */
/** @typedef {import("@codemirror/state").Text} Text */

const VALUES = ["Object", "Array", "String", "Number", "True", "False", "Null"];
/** @param {SyntaxNode} node */
const isValue = (node) => VALUES.includes(node.name);

/** @param {SyntaxNode} parent @returns {SyntaxNode[]} */
export function childrenOf(parent) {
  const found = [];
  for (let child = parent.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

/** The name of a property, or the written part of it. @param {SyntaxNode} property @param {Text} text */
export function nameOf(property, text) {
  const node = property.getChild("PropertyName");
  const written = node ? text.sliceString(node.from, node.to) : "";
  try {
    return String(JSON.parse(written));
  } catch {
    return written.replace(/^"/, "");
  }
}

/** @param {SyntaxNode} node */
const valueOf = (node) => childrenOf(node).find(isValue);

/**
 * The place of a pointer: the property with its name, or the element; where there is none, the nearest that is there.
 * @param {SyntaxNode} top @param {Text} text @param {string} pointer @returns {{ from: number, to: number }}
 */
export function placeOf(top, text, pointer) {
  let value = valueOf(top);
  let place = value ?? top;
  const steps = pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  for (const step of steps) {
    if (value?.name === "Object") {
      const property = value.getChildren("Property").find((child) => nameOf(child, text) === step);
      if (!property) break;
      place = property;
      value = valueOf(property);
    } else if (value?.name === "Array" && /^\d+$/.test(step)) {
      const element = childrenOf(value).filter(isValue)[Number(step)];
      if (!element) break;
      place = value = element;
    } else break;
  }
  return { from: place.from, to: place.to };
}

/** The token at a place, which a mistake underlines. @param {SyntaxNode} top @param {number} at @param {Text} text */
export function tokenAt(top, at, text) {
  const node = top.resolveInner(at, 1);
  const line = text.lineAt(at);
  const end = ["Object", "Array", "JsonText", "Property"].includes(node.name) || node.type.isError ? at + 1 : node.to;
  const to = Math.min(Math.max(end, at + 1), line.to);
  return to > at ? { from: at, to } : { from: Math.max(line.from, at - 1), to: at };
}

/** The names and positions that lead from the top to a node. @param {SyntaxNode} node @param {Text} text @returns {(string | number)[]} */
export function pathTo(node, text) {
  const path = [];
  for (let at = /** @type {SyntaxNode | null} */ (node); at; at = at.parent) {
    if (at.name === "Property") path.unshift(nameOf(at, text));
    else if (at.parent?.name === "Array" && isValue(at)) path.unshift(childrenOf(at.parent).filter(isValue).findIndex((child) => child.from === at.from));
  }
  return path;
}
