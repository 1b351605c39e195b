// Turns the Markdown pages that the README reaches into pages of the site, and lists them.
//
// It links no file that is not on the site: such a link becomes its text.

import fs from "node:fs";
import path from "node:path/posix";
import { contents } from "./contents.mjs";
import { html, markup } from "./html.mjs";
import { document, relative } from "./layout.mjs";
import { isElsewhere, links, render } from "./markdown.mjs";
import { SCRIPT, searchBox } from "./search.mjs";

const FIRST = "README.md";

/** Files that are copied where a page links or shows them. */
const COPIED = /\.(json|svg|ya?ml)$|^LICENSE$/;

/** The groups of the list, and the pages of each; the first that fits has a page. */
const GROUPS = [
  ["Start here", /^(README|plugin\/cli\/README|policies\/recipes\/README|policies\/servers\/README|envoy\/README)\.md$/],
  ["Policies", /^policies\/[A-Z]+\.md$/],
  ["Operation in Envoy", /^envoy\//],
  ["In other programs", /^plugin\/(js|component|engine|cases)\//],
  ["Measurements", /^host-tests\/benches\//],
  ["Policies to copy", /^policies\/servers\//],
  ["The project", /^/],
];

/** Pages whose title is not their first heading. */
const TITLES = { "README.md": "Overview", "policies/servers/README.md": "Policies to copy", "policies/recipes/README.md": "Recipes" };

/**
 * The pages that the README reaches, and the files that they need.
 *
 * @param {string} root the folder of the project
 * @returns {{ pages: Map<string, string>, files: Set<string> }} the text of each page by its path, nearest to the README first, and
 *   the paths of files
 */
export function collect(root) {
  const pages = new Map();
  const files = new Set();
  const open = [FIRST];
  for (let page = open.shift(); page !== undefined; page = open.shift()) {
    if (pages.has(page)) continue;
    pages.set(page, fs.readFileSync(path.join(root, page), "utf8"));
    for (const link of links(pages.get(page))) {
      const target = targetOf(page, link);
      if (!fs.existsSync(path.join(root, target))) throw new Error(`${page} links ${link}, which does not exist`);
      if (target.endsWith(".md")) open.push(target);
      else if (COPIED.test(target)) files.add(target);
    }
  }
  return { pages, files };
}

/** The path from the root of the project of what a page links, without an anchor. */
function targetOf(page, link) {
  const [file] = link.split("#");
  return file === "" ? page : path.normalize(path.join(path.dirname(page), decodeURI(file))).replace(/\/$/, "");
}

/** The address of a document or a copied file, from the root of the site. */
export function addressOf(file) {
  if (file === "LICENSE") return "documents/LICENSE.txt";
  return `documents/${file.replace(/\.md$/, ".html")}`;
}

/**
 * How the links of a page of the project lead on, on a page of the site.
 *
 * @param {ReturnType<typeof collect>} collected
 * @param {string} page the path of the page whose links they are
 * @param {string} from the address of the page of the site on which they are
 * @param {(file: string) => string | undefined} [instead] the address of a page about a file, which goes before a copy of it
 */
export function linksOf({ pages, files }, page, from, instead = () => undefined) {
  const onSite = (link) => {
    const target = targetOf(page, link);
    const address = instead(target) ?? (pages.has(target) || files.has(target) ? addressOf(target) : undefined);
    const anchor = link.split("#")[1];
    return address && relative(from, anchor === undefined ? address : `${address}#${anchor}`);
  };
  return {
    page: (link) => (isElsewhere(link) ? link : onSite(link)),
    image: (source) => (isElsewhere(source) ? undefined : onSite(source)),
  };
}

/** The title of a document, in a list. */
function titleOf(file, rendered) {
  return TITLES[file] ?? rendered.title ?? file;
}

/**
 * All pages of the documents by their address, and an entry for the search for each of their sections.
 *
 * @param {ReturnType<typeof collect>} collected
 * @param {(file: string) => string | undefined} instead
 */
export function documents(collected, instead) {
  const all = [...collected.pages].map(([file, text]) => {
    const address = addressOf(file);
    return { file, address, ...render(text, linksOf(collected, file, address, instead)) };
  });
  const pages = new Map(all.map((one) => [one.address, pageOf(one)]));
  pages.set("documents/index.html", listOf(all));
  return { pages, entries: all.flatMap(entriesOf) };
}

function pageOf({ file, address, ...rendered }) {
  const title = titleOf(file, rendered);
  return document({
    address,
    title,
    description: `${title}: a document of mcp-policy`,
    trail: [["Documents", "documents/index.html"], [title, undefined]],
    scripts: [SCRIPT],
    aside: contents(rendered.headings),
    content: html`${markup("article", { class: "text" }, rendered.html)}`,
  });
}

function listOf(all) {
  const groups = GROUPS.map(([name]) => [name, []]);
  for (const one of all) groups[GROUPS.findIndex(([, files]) => files.test(one.file))][1].push(one);
  const to = (target) => relative("documents/index.html", target);
  const item = (one) => html`<li><a href=${to(one.address)}>${titleOf(one.file, one)}</a> <span class="quiet small">${one.file}</span></li>`;
  return document({
    address: "documents/index.html",
    title: "Documents",
    description: "The documents of mcp-policy: the policy language, guarantees, operation, measurements",
    content: html`<h1>Documents</h1>
      <p class="lead">The pages of the repository, as they are in this version.</p>
      ${searchBox(to)}
      <div class="columns">${groups.map(([name, list]) => html`<section><h2>${name}</h2><ul class="plain">${list.map(item)}</ul></section>`)}</div>`,
    scripts: [SCRIPT],
    kind: "broad",
  });
}

/** The document itself, and its sections, for the search. */
function entriesOf({ file, address, headings, ...rendered }) {
  const title = titleOf(file, rendered);
  const sections = headings.filter(({ level }) => level > 1);
  return [
    { address, title, kind: "document", words: file },
    ...sections.map(({ text, id }) => ({ address: `${address}#${id}`, title: text, kind: "section", words: "", of: title })),
  ];
}
