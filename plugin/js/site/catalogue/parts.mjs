// Turns facts of the catalogue into the parts that several of its pages show, and names the address of each page.
//
// It never shows a text of a server, a case or a policy but through `visible`.

import { createHash } from "node:crypto";
import { html, markup } from "../html.mjs";
import { inline, isElsewhere } from "../markdown.mjs";
import { ACCESS } from "./access.mjs";
import { grouped } from "./cases.mjs";
import { json, visible } from "./text.mjs";

/** File systems bound the length of a name. */
const LONGEST = 120;

export const INDEX = "catalogue/index.html";
export const ATTACK_INDEX = "catalogue/attacks/index.html";
export const serverAddress = ({ name }) => `catalogue/servers/${name}/index.html`;
export const classAddress = (name) => `catalogue/classes/${name.toLowerCase()}.html`;
export const accessAddress = (kind) => `catalogue/access/${kind}.html`;
export const attackAddress = ({ name }) => `catalogue/attacks/${name}.html`;

/** A name of a server makes no address but of letters that mean nothing in one. */
export function toolAddress({ server, name }) {
  return `catalogue/servers/${server.name}/${fileName(name)}.html`;
}

/** Letters, digits, `_` and `-` stay; each other character becomes its number. A long name, and `index`, get a mark. */
export function fileName(name) {
  const safe = Array.from(name, (character) => (/[A-Za-z0-9_-]/.test(character) ? character : `.${character.codePointAt(0).toString(16)}.`)).join("");
  if (safe.length > LONGEST) return `${safe.slice(0, LONGEST)}.${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
  return safe === "" || /^index$/i.test(safe) ? `.${safe}` : safe;
}

/** The word of a class. Only the five known ones have a colour. */
export function mark(name) {
  return html`<span class=${`mark ${name?.toLowerCase()}`}>${name}</span>`;
}

/** JSON to read and copy. */
export function code(value) {
  return html`<pre tabindex="0"><code>${json(value)}</code></pre>`;
}

export function name(text) {
  return html`<code>${visible(text)}</code>`;
}

/** A tool in a list: its name as a link, and its class. */
export function toolItem(tool, to) {
  return html`<li><a href=${to(toolAddress(tool))}>${name(tool.name)}</a> ${mark(tool.class)}</li>`;
}

/** Tools under the name of their server. */
export function byServer(tools, to) {
  const servers = [...new Set(tools.map(({ server }) => server))];
  return html`<dl class="servers">${servers.map((server) => html`<div>
    <dt><a href=${to(serverAddress(server))}>${server.title}</a></dt>
    <dd><ul class="inline">${tools.filter((tool) => tool.server === server).map((tool) => toolItem(tool, to))}</ul></dd>
  </div>`)}</dl>`;
}

/** Attacks with what a policy does about each. */
export function attackItems(attacks, to) {
  return html`<ul class="plain spaced">${attacks.map((attack) => html`<li>
    <a href=${to(attackAddress(attack))}>${attack.title}</a><br /><span class="quiet">${written(attack.why)}</span>
  </li>`)}</ul>`;
}

export function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Words of the project, in Markdown. */
export function written(text) {
  return markup("span", {}, inline(text, OUTSIDE));
}

/** The rule of a row of a README. “The same” is that of the row before it. */
export function ruleOf({ rule, before }) {
  if (!/^the same\b/.test(rule) || !before) return written(rule);
  return html`${written(rule)} <span class="quiet">(the same as for ${name(before.names[0])}: ${ruleOf(before)})</span>`;
}

/** A section with the heading that the list of the page names. */
export function section([id, title], ...content) {
  return html`<section><h2 id=${id}>${title}</h2>${content}</section>`;
}

/** Links out of the project stay, and links inside it become their text. */
const OUTSIDE = { page: (link) => (isElsewhere(link) ? link : undefined), image: () => undefined };

/** Links to the kinds of access. */
export function accessLinks(kinds, to) {
  return html`<ul class="inline">${kinds.map((kind) => html`<li><a href=${to(accessAddress(kind))}>${ACCESS[kind].title}</a></li>`)}</ul>`;
}

const OUTCOMES = { passes: ["passes", "Passes"], refused: ["refused", "Refused"], changed: ["refused", "Answer changed"], answered: ["write", "Answered by the gateway"] };

/** The steps of cases: outcome, the words that the client reads, and the requests. `anchors` has the rules that the page shows. */
export function steps(list, anchors = new Set()) {
  return html`<ol class="steps">${grouped(list).map((group) => html`<li>${verdict(group[0], anchors)}${group.map(request)}${group[0].answer && answer(group[0])}</li>`)}</ol>`;
}

function verdict(step, anchors) {
  const rule = step.rule && (anchors.has(step.rule) ? html`<a href=${`#${ruleId(step.rule)}`}>${name(step.rule)}</a>` : name(step.rule));
  return html`<p class="verdict">${outcome(step)} ${step.says && html`<span>${visible(step.says)}</span> `}${rule && html`<span class="small quiet">by ${rule}</span>`}</p>`;
}

function request({ why, as, at, request }) {
  const facts = [why && sentence(visible(why)), as && html`by <code>${visible(as)}</code>`, at && `at ${at}`].filter(Boolean);
  return html`<div class="request">
    ${facts.length > 0 && html`<p class="small quiet">${facts.map((fact, index) => html`${index > 0 && " · "}${fact}`)}</p>`}
    <pre tabindex="0"><code>${request || "(an empty body)"}</code></pre>
  </div>`;
}

function answer({ answer }) {
  return html`<div class="request"><p class="small quiet">The client gets</p><pre tabindex="0"><code>${answer}</code></pre></div>`;
}

function outcome({ outcome }) {
  const [look, word] = OUTCOMES[outcome];
  return html`<span class=${`mark ${look}`}>${word}</span>`;
}

/** The anchor of a rule on the page that shows it. */
export function ruleId(pointer) {
  return `rule${pointer.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`;
}
