// Turns names, attributes and texts into elements.
//
// It never reads a text as HTML.

/** @typedef {string | number | Node | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Attributes */

const SVG = "http://www.w3.org/2000/svg";

/** @param {Element} made @param {Attributes} attributes @param {Child[]} children */
function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== undefined && child !== false).map((child) => (typeof child === "number" ? String(child) : child)));
  return made;
}

/** An element. A function is a listener for the event of its name. @param {string} name @param {Attributes} [attributes] @param {Child[]} children @returns {HTMLElement} */
export const element = (name, attributes = {}, ...children) => /** @type {HTMLElement} */ (filled(document.createElement(name), attributes, children));

/** An element of a drawing. @param {string} name @param {Attributes} [attributes] @param {Child[]} children @returns {SVGElement} */
export const drawn = (name, attributes = {}, ...children) => /** @type {SVGElement} */ (filled(document.createElementNS(SVG, name), attributes, children));

/** @template {HTMLElement} [E=HTMLElement] @param {string} id @returns {E} */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return /** @type {E} */ (found);
}

/** Puts these in the place of an element's children. @param {Element} parent @param {Child[]} children */
export const show = (parent, ...children) => parent.replaceChildren(...children.filter((child) => child !== undefined && child !== false).map((child) => (typeof child === "number" ? String(child) : child)));

/** Calls `work` when it was asked for and nothing more came for so many milliseconds. @param {number} wait @param {() => void} work */
export function calmly(wait, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}

/**
 * A table in a part that scrolls by itself. The roles stay where a narrow page stacks the cells.
 * @template T
 * @param {string} caption for readers of the screen alone @param {string[]} heads
 * @param {T[]} items @param {(item: T, index: number) => Child[]} cells of the row of an item
 */
export function table(caption, heads, items, cells) {
  const head = element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads.map((text) => element("th", { scope: "col", role: "columnheader" }, text))));
  const cell = (/** @type {Child} */ child) => element("td", { role: "cell" }, child);
  const rows = shown(items, (item, index) => element("tr", { role: "row" }, ...cells(item, index).map(cell)), "rows");
  const body = element("tbody", { role: "rowgroup" }, ...rows.items);
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption }, element("table", { role: "table", "aria-label": caption }, head, body), rows.rest);
}

/** The most items of a list that a page shows. */
const MOST = 300;

/** The items that are shown, and a sentence about the others. @template T @param {T[]} items @param {(item: T, index: number) => HTMLElement} make @param {string} kind of them */
export function shown(items, make, kind) {
  const more = items.length - MOST;
  return { items: items.slice(0, MOST).map(make), rest: more > 0 ? element("p", { class: "note" }, `${more} more ${kind} are not listed.`) : undefined };
}

/** A word for a verdict or a class, with a colour. @param {string} kind @param {string} text */
export const mark = (kind, text) => element("span", { class: `mark ${kind}` }, text);

/** A sentence in which `words` between backquotes are code. @param {string} text @returns {(string | HTMLElement)[]} */
export const sentence = (text) => text.split("`").map((part, index, all) => (index % 2 && index < all.length - 1 ? element("code", {}, part) : index % 2 ? `\`${part}` : part));
