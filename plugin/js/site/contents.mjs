// Turns the headings of a page into the list of what is on it, beside the text.
//
// It lists no title of the page itself.

import { html } from "./html.mjs";

/** More headings than this are listed without those of subsections. */
const LONG = 36;

/**
 * The list, or nothing where it would have one entry.
 *
 * @param {{ level: number, text: string, id: string }[]} headings in the order of the page; those of level 2 and 3 count
 */
export function contents(headings) {
  const known = headings.filter(({ level }) => level === 2 || level === 3);
  if (known.length < 2) return undefined;
  const shown = known.length <= LONG ? known : known.filter(({ level }) => level === 2);
  const sections = [];
  for (const { level, ...heading } of shown) {
    if (level === 2 || sections.length === 0) sections.push({ ...heading, below: [] });
    else sections.at(-1).below.push(heading);
  }
  const item = ({ text, id, below }) => html`<li><a href=${`#${id}`}>${text}</a>${below?.length > 0 && html`<ul>${below.map(item)}</ul>`}</li>`;
  return html`<nav aria-label="On this page"><details><summary>On this page</summary><ul>${sections.map(item)}</ul></details></nav>`;
}
