// Turns the content of a page into the page: its head, the way to the other parts of the site, and its foot.
//
// It never loads anything from another place: the policy of the content in each page admits only files of the site.

import path from "node:path/posix";
import { html, render } from "./html.mjs";

/** What a page may do. The playground also runs WebAssembly, in a worker. */
export const READING = { "default-src": "'none'", "style-src": "'self'", "img-src": "'self'", "script-src": "'self'", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'" };
export const RUNNING = { ...READING, "script-src": "'self' 'wasm-unsafe-eval'", "worker-src": "'self'" };

/** The parts of the site: the address of each from the root, and its name. */
const PARTS = [["playground/index.html", "Playground"], ["documents/index.html", "Documents"], ["catalogue/index.html", "Catalogue"]];

/** The relative address of `to` on the page `from`; both are addresses from the root of the site. `to` may have an anchor. */
export function relative(from, to) {
  const [file, anchor] = to.split("#");
  const address = file === from ? "" : path.relative(path.dirname(from), file) || ".";
  return anchor === undefined ? address || path.basename(from) : `${address}#${anchor}`;
}

/**
 * A whole page.
 *
 * @param {object} page
 * @param {string} page.address its place from the root of the site, such as `documents/README.html`
 * @param {string} page.title the title in the browser's tab, without the name of the project
 * @param {string} [page.description] a sentence for search engines
 * @param {unknown} page.content the template of what is inside `main`, with the one `h1`
 * @param {unknown} [page.aside] the template of what stands beside it on wide windows
 * @param {[string, string | undefined][]} [page.trail] the pages above it: name and address from the root
 * @param {string[]} [page.scripts] modules, as addresses from the root
 * @param {string[]} [page.styles] further stylesheets, as addresses from the root
 * @param {string} [page.kind] a class of `body`
 * @param {Record<string, string>} [page.policy] what the page may do; `READING` unless given
 * @returns {string} HTML
 */
export function document(page) {
  const to = (address) => relative(page.address, address);
  const title = page.title === "mcp-policy" ? page.title : `${page.title} · mcp-policy`;
  const policy = Object.entries(page.policy ?? READING).map(([name, value]) => `${name} ${value}`).join("; ");
  return render(html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content=${policy} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      ${page.description && html`<meta name="description" content=${page.description} />`}
      <title>${title}</title>
      <link rel="icon" type="image/svg+xml" href=${to("icon.svg")} />
      <link rel="stylesheet" href=${to("site.css")} />
      ${(page.styles ?? []).map((style) => html`<link rel="stylesheet" href=${to(style)} />`)}
      ${(page.scripts ?? []).map((script) => html`<script type="module" src=${to(script)}></script>`)}
    </head>
    <body class=${page.kind}>
      <a class="skip" href="#content">Skip to the content</a>
      ${head(page, to)}
      <div class=${page.aside ? "frame with-aside" : "frame"}>
        ${page.aside && html`<aside class="aside">${page.aside}</aside>`}
        <main id="content" tabindex="-1">
          ${page.trail && trail(page, to)}
          ${page.content}
        </main>
      </div>
      <footer class="foot"><p>mcp-policy is free software under the Apache License 2.0. This site loads nothing from elsewhere.</p></footer>
    </body>
  </html>`);
}

function head({ address }, to) {
  const part = ([target, name]) => {
    const here = address.split("/")[0] === target.split("/")[0];
    return html`<li><a href=${to(target)} aria-current=${here ? (address === target ? "page" : "true") : undefined}>${name}</a></li>`;
  };
  return html`<header class="head">
    <a class="brand" href=${to("index.html")}>mcp-policy</a>
    <nav aria-label="Site"><ul>${PARTS.map(part)}</ul></nav>
  </header>`;
}

function trail({ trail }, to) {
  return html`<nav class="trail" aria-label="Breadcrumb"><ol>
    ${trail.map(([name, address]) => html`<li>${address ? html`<a href=${to(address)}>${name}</a>` : html`<span aria-current="page">${name}</span>`}</li>`)}
  </ol></nav>`;
}
