// Turns each page of the site into its links and what it loads, and checks that all of them lead somewhere on the site.
//
// It follows no link to another site.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { filesIn } from "./site_scene.mjs";

/** The playground is built apart, into the same folder. */
const APART = "playground/";

/** What each page holds: the browser's own parser reads it, and runs and loads nothing. */
async function readAll(scene) {
  const tab = await scene.tab();
  const names = filesIn(scene.options.site).filter((name) => name.endsWith(".html") && !name.startsWith(APART));
  const texts = names.map((name) => [name, fs.readFileSync(path.join(scene.options.site, name), "utf8")]);
  return new Map(await tab.evaluate((pages) => pages.map(([name, text]) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const all = (selector, attribute) => [...page.querySelectorAll(selector)].map((element) => element.getAttribute(attribute));
    return [name, {
      links: all("a[href]", "href"),
      loads: [...all("[src]", "src"), ...all("link[href]", "href"), ...all("object[data]", "data"), ...all("[srcset]", "srcset")],
      ids: all("[id]", "id"),
      firsts: page.querySelectorAll("h1").length,
      landmarks: ["header", "nav", "main", "footer"].filter((landmark) => !page.querySelector(landmark)),
      inline: page.querySelectorAll("style, [style], script:not([src])").length,
      policy: page.querySelector("meta[http-equiv='Content-Security-Policy']")?.content ?? "",
      lang: page.documentElement.lang,
    }];
  }), texts));
}

/** The mistakes of one page, in words. */
function mistakes(pages, files, name, { links, loads }) {
  const wrong = [];
  for (const link of links) {
    if (/^https:\/\//.test(link)) continue;
    const { file, anchor } = target(name, link);
    if (file.startsWith(APART)) continue;
    if (!files.has(file)) wrong.push(`${name} links ${link}, which is not there`);
    else if (anchor && !pages.get(file)?.ids.includes(anchor)) wrong.push(`${name} links ${link}, which has no such anchor`);
  }
  for (const source of loads) {
    const { file } = target(name, source);
    if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(source) || !files.has(file)) wrong.push(`${name} loads ${source}`);
  }
  return wrong;
}

function target(name, link) {
  const base = new URL(name, "https://site/");
  const url = new URL(link, base);
  const file = url.host === "site" ? decodeURIComponent(url.pathname.slice(1)) : url.href;
  return { file, anchor: decodeURIComponent(url.hash.slice(1)) };
}

export async function links_and_anchors_lead_somewhere_on_the_site(scene) {
  const pages = await readAll(scene);
  const files = new Set(filesIn(scene.options.site));
  assert.ok(pages.size > 280, `${pages.size} pages`);
  assert.deepEqual([...pages].flatMap(([name, page]) => mistakes(pages, files, name, page)), []);
}

export async function wrong_links_are_mistakes(scene) {
  const pages = await readAll(scene);
  const files = new Set(filesIn(scene.options.site));
  const planted = { links: ["none.html", "LANGUAGE.html#none", "#none", "javascript:alert(1)"], loads: ["https://elsewhere.example/a.js", "//elsewhere.example/a.css", "data:,x"] };
  assert.equal(mistakes(pages, files, "documents/policies/planted.html", planted).length, 7);
  const sound = { links: ["LANGUAGE.html#limits", "https://elsewhere.example/"], loads: ["../../site.css"] };
  assert.deepEqual(mistakes(pages, files, "documents/policies/planted.html", sound), []);
}

export async function each_page_is_reached_from_the_first(scene) {
  const pages = await readAll(scene);
  const reached = new Set(["index.html"]);
  for (const name of reached) for (const link of pages.get(name)?.links ?? []) reached.add(target(name, link).file);
  assert.deepEqual([...pages.keys()].filter((name) => !reached.has(name)), []);
}

export async function pages_have_one_heading_landmarks_and_a_strict_policy(scene) {
  for (const [name, { firsts, landmarks, inline, policy, lang }] of await readAll(scene)) {
    assert.deepEqual({ name, firsts, landmarks, inline, lang }, { name, firsts: 1, landmarks: [], inline: 0, lang: "en" });
    assert.match(policy, /^default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'$/);
  }
}

/** The anchors of the Markdown of this project are those that code hosts give; a page of the site has all of them. */
export async function anchors_of_documents_are_those_of_their_headings(scene) {
  const pages = await readAll(scene);
  const { ids } = pages.get("documents/policies/LANGUAGE.html");
  for (const id of ["limits-of-a-fleet", "true-false-unknown", "resource-uris"]) assert.ok(ids.includes(id), id);
  const recipes = pages.get("documents/policies/recipes/README.html");
  assert.ok(recipes.ids.includes("how-do-i-stop-servers-from-asking-the-clients-model"));
}
