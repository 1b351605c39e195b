// Turns the README into the front page: what the project is, a policy and the answer that it gives, and where to go on.
//
// It writes no example of its own: both are those of the README, which the tests of the project play.

import MarkdownIt from "markdown-it";
import { json } from "./catalogue/text.mjs";
import { html } from "./html.mjs";
import { document, relative } from "./layout.mjs";
import { SCRIPT } from "./search.mjs";

const ADDRESS = "index.html";
const markdown = new MarkdownIt();

/** @param {string} readme @param {{ tools: number, servers: number, attacks: number }} counts */
export function frontPage(readme, { tools, servers, attacks }) {
  const { promise, about, policy, refusal } = partsOf(markdown.parse(readme, {}));
  const to = (target) => relative(ADDRESS, target);
  const card = (address, title, text) => html`<li><h3><a href=${to(address)}>${title}</a></h3><p>${text}</p></li>`;
  return document({
    address: ADDRESS,
    title: "mcp-policy",
    description: promise,
    kind: "broad front",
    scripts: [SCRIPT],
    content: html`<h1>${promise.replace(/\.$/, "")}</h1>
      <p class="lead">${about.map(({ type, content }) => (type === "code_inline" ? html`<code>${content}</code>` : type === "softbreak" ? " " : content))}</p>
      <p class="row"><a class="button first" href=${to("playground/index.html")}>Try it in the browser</a><a class="button" href=${to("documents/README.html#install")}>Install</a></p>
      <div class="pair">
        <section><h2>A policy</h2>${pre(policy)}<p class="quiet">Ten calls of <code>run</code> pass in a minute. A tool that the policy does not list is refused, whether it exists or not.</p></section>
        <section><h2>A refusal</h2>${pre(refusal)}<p class="quiet">The model reads this instead of the eleventh result, and its session goes on.</p></section>
      </div>
      <h2>Read on</h2>
      <ul class="cards">
        ${card("catalogue/index.html", "Catalogue", `${tools} tools of ${servers} MCP servers: the class of each, the rule to copy, and ${attacks} attacks with what stops them.`)}
        ${card("documents/policies/LANGUAGE.html", "The policy language", "Every key of a policy, and what it does.")}
        ${card("documents/policies/recipes/README.html", "Recipes", "How do I …? Each task with its policy, and the nearest call that a wrong rule would admit.")}
        ${card("documents/plugin/cli/README.html", "Command line", "Generate, check, test, explain and compare policies.")}
        ${card("documents/envoy/README.html", "Operation in Envoy", "Deployment, reload, failures; identities, approvals and fleets.")}
        ${card("documents/policies/GUARANTEES.html", "Guarantees", "What holds, by which tests, and where the protection ends.")}
      </ul>`,
  });
}

/** The parts of the README that the page repeats. */
function partsOf(tokens) {
  const paragraphs = tokens.filter((token, index) => token.type === "inline" && tokens[index - 1].type === "paragraph_open");
  const examples = tokens.filter(({ type, info }) => type === "fence" && info === "json").map(({ content }) => JSON.parse(content));
  const [first, ...others] = paragraphs;
  const about = others.find(({ children }) => !children.some(({ type }) => type === "image"))?.children;
  const policy = examples.find(({ version }) => version);
  const refusal = examples.find(({ result }) => result?.isError);
  if (!first || !about || !policy || !refusal) throw new Error("README.md must begin with a sentence and a paragraph, and have a policy and a refused result as JSON");
  return { promise: plain(first), about, policy: json(policy, 64), refusal: json(refusal, 64) };
}

function plain({ children }) {
  return children.map(({ type, content }) => (type === "softbreak" ? " " : content)).join("").trim();
}

function pre(text) {
  return html`<pre tabindex="0"><code>${text}</code></pre>`;
}
