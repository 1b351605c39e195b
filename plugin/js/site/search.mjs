// Turns the index of the site into the field that searches it.
//
// Without its script it is not shown: the lists of the site lead to the same pages.

import { html } from "./html.mjs";

export const INDEX = "search.json";
export const SCRIPT = "site.js";

/** The field and the place of its results. `to` makes addresses of the site relative. */
export function searchBox(to) {
  return html`<search data-index=${to(INDEX)} hidden>
    <label for="query">Find a tool, an attack or a document</label>
    <input id="query" type="search" autocomplete="off" spellcheck="false" placeholder="execute_sql, send_email, refund …" />
    <p id="found" role="status" class="small quiet"></p>
    <ol id="results"></ol>
  </search>`;
}
