// Turns templates into HTML: each text in them is escaped by the library that renders them.
//
// It never takes a text for markup, but for what `markup` is told to.

import htm from "htm";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";

/** A template of elements. Every value in it is a text or another template. */
export const html = htm.bind(h);

/** An element whose content is HTML that a library has written. No text of a server may be in it unescaped. */
export function markup(element, attributes, content) {
  return h(element, { ...attributes, dangerouslySetInnerHTML: { __html: content } });
}

/** The text of a whole page. */
export function render(template) {
  return `<!doctype html>\n${renderToString(template)}\n`;
}
