// Turns a Markdown page into HTML, its title and its headings, with the anchors that code hosts give to them.
//
// It passes no HTML of a page through: comments vanish, and everything else shows as text.

import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

const markdown = new MarkdownIt({ html: true });
const { rules } = markdown.renderer;
markdown.core.ruler.push("site", ({ tokens, env }) => {
  anchors(tokens, env);
  tables(tokens);
  targets(tokens, env);
});
rules.html_block = rules.html_inline = (tokens, index) => {
  const { content } = tokens[index];
  return /^\s*<!--[^]*-->\s*$/.test(content) ? "" : markdown.utils.escapeHtml(content);
};
const picture = rules.image;
rules.image = (tokens, index, ...rest) => {
  const image = picture(tokens, index, ...rest);
  return tokens[index - 1]?.type === "link_open" ? image : `<a class="plot" href="${markdown.utils.escapeHtml(tokens[index].attrGet("src"))}">${image}</a>`;
};
rules.table_open = () => '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n';
rules.table_close = () => "</table></div>\n";
rules.heading_close = (tokens, index) => {
  const id = tokens[index].meta;
  return `${id ? ` <a class="anchor" href="#${markdown.utils.escapeHtml(id)}" aria-hidden="true" tabindex="-1">#</a>` : ""}</${tokens[index].tag}>\n`;
};
// What scrolls by itself can be scrolled by keys.
for (const name of ["fence", "code_block"]) {
  const plain = rules[name];
  rules[name] = (tokens, index, ...rest) => plain(tokens, index, ...rest).replace(/^<pre/, '<pre tabindex="0"');
}

/**
 * A page as HTML.
 *
 * @param {string} text
 * @param {object} links
 * @param {(link: string) => string | undefined} links.page the address of a link on the site; without one its text stays
 * @param {(source: string) => string | undefined} links.image the address of a picture on the site; without one its text stays
 * @returns {{ html: string, title: string, headings: { level: number, text: string, id: string }[] }}
 */
export function render(text, links) {
  const env = { links, headings: [] };
  const html = markdown.render(text, env);
  const title = env.headings.find(({ level }) => level === 1)?.text;
  return { html, title, headings: env.headings };
}

/** All relative links of a page, and the sources of its pictures. */
export function links(text) {
  const found = [];
  const note = (link) => found.push(link) && undefined;
  render(text, { page: note, image: note });
  return found.filter((link) => !isElsewhere(link));
}

export function isElsewhere(link) {
  return /^[a-z][a-z0-9+.-]*:|^\/\//i.test(link);
}

/** A piece of a page without paragraphs, such as a cell of a table. */
export function inline(text, links) {
  return markdown.renderInline(text, { links, headings: [] });
}

function anchors(tokens, env) {
  const slugger = new GithubSlugger();
  tokens.forEach((token, index) => {
    if (token.type !== "heading_open") return;
    const text = tokens[index + 1].children.filter(({ type }) => type === "text" || type === "code_inline").map(({ content }) => content).join("");
    const level = Number(token.tag.slice(1));
    const id = slugger.slug(text);
    token.attrSet("id", id);
    if (level > 1) tokens[index + 2].meta = id;
    env.headings.push({ level, text, id });
  });
}

/** Columns are aligned by a class, because the pages admit no style of their own, and an empty corner is no heading. */
function tables(tokens) {
  tokens.forEach((token, index) => {
    const style = token.attrGet?.("style");
    if (style) {
      token.attrs = token.attrs.filter(([name]) => name !== "style");
      token.attrJoin("class", style.replace("text-align:", ""));
    }
    if (token.type === "th_open" && tokens[index + 1].content === "") token.tag = tokens[index + 2].tag = "td";
  });
}

/** Links lead to pages of the site, and pictures are files of it. */
function targets(tokens, { links }) {
  for (const { children } of tokens) {
    const open = [];
    for (const token of children ?? []) {
      if (token.type === "image") source(token, links.image(token.attrGet("src")));
      if (token.type === "link_open") {
        open.push(links.page(token.attrGet("href")));
        if (open.at(-1) === undefined) unlinked(token);
        else token.attrSet("href", open.at(-1));
      }
      if (token.type === "link_close" && open.pop() === undefined) unlinked(token);
    }
  }
}

function source(token, address) {
  if (address !== undefined) return token.attrSet("src", address);
  token.type = "text";
  token.tag = "";
}

function unlinked(token) {
  token.type = "text";
  token.content = "";
}
