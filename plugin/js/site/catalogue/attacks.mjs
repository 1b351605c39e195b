// Turns an attack into its page, and all of them into their list.
//
// It never says more of an attack than its case plays.

import { contents } from "../contents.mjs";
import { addressOf } from "../documents.mjs";
import { html } from "../html.mjs";
import { document, relative } from "../layout.mjs";
import { playgroundAddress } from "../playground.mjs";
import { SCRIPT } from "../search.mjs";
import { ACCESS, GENERAL } from "./access.mjs";
import { playable } from "./cases.mjs";
import { accessAddress, ATTACK_INDEX, attackAddress, attackItems, byServer, code, INDEX, name, ruleId, section, steps, written } from "./parts.mjs";
import { visible } from "./text.mjs";

/** The parts of the page of an attack: an id, a heading, and what is below it. */
const PARTS = [
  ["stops", "What stops it", stops],
  ["played", "As the tests play it", played],
  ["tools", "The tools that it concerns", abused],
  ["policy", "The policy of the case", whole],
];

/** The page of an attack. */
export function attackPage(attack, { tools }) {
  const address = attackAddress(attack);
  const to = (target) => relative(address, target);
  const { title } = attack;
  return document({
    address,
    title,
    description: visible(attack.why),
    trail: [["Catalogue", INDEX], ["Attacks", ATTACK_INDEX], [title, undefined]],
    scripts: [SCRIPT],
    aside: contents(PARTS.map(([id, text]) => ({ id, text, level: 2 }))),
    content: html`<h1>${title}</h1>
      <p class="lead">${written(attack.story)}</p>
      ${numbers(attack)}
      ${PARTS.map(([id, text, content]) => section([id, text], content(attack, to, tools)))}`,
  });
}

function numbers({ owasp, safeMcp }) {
  const known = [owasp.length > 0 && `OWASP MCP Top 10: ${owasp.join(", ")}`, safeMcp.length > 0 && `SAFE-MCP: ${safeMcp.join(", ")}`].filter(Boolean);
  return known.length > 0 && html`<p class="small quiet">${known.join(" · ")}</p>`;
}

function stops({ why, rules, byGateway }) {
  return html`<p>${written(why)}</p>
    ${rules.map(({ pointer, rule }) => html`<h3 id=${ruleId(pointer)}>${name(pointer)}</h3>${rule === undefined ? html`<p>What the policy does not name is refused.</p>` : code(rule)}`)}
    ${byGateway && html`<p>${rules.length > 0 ? "Some of the messages" : "These messages"} need no rule: the gateway refuses them under every policy.</p>`}`;
}

function played({ steps: list, rules }) {
  return steps(list, new Set(rules.map(({ pointer }) => pointer)));
}

function whole({ policy, file, steps: list }, to) {
  const call = playable(list);
  return html`${code(policy)}
    ${call && html`<p><a href=${to(playgroundAddress(policy, call))}>Open it in the playground</a>, with a call of the attack.</p>`}
    <p><a href=${to(addressOf(file))}>The case as a file</a>, to play with <code>mcp-policy test</code>.</p>`;
}

function abused({ access, group }, to, tools) {
  if (group) return html`<p>Any: this attack is on ${decapitalised(GENERAL[group])}. <a href=${to(`${ATTACK_INDEX}#${group}`)}>Others of this kind</a> are in the list of attacks.</p>`;
  return access.map((kind) => html`<h3><a href=${to(accessAddress(kind))}>${ACCESS[kind].title}</a></h3>${byServer(tools.filter((tool) => tool.access.includes(kind)), to)}`);
}

const decapitalised = (text) => text.charAt(0).toLowerCase() + text.slice(1);

/** All attacks: first those on a kind of access, then those on any tool. */
export function attackIndex({ attacks }) {
  const to = (target) => relative(ATTACK_INDEX, target);
  const kinds = Object.entries(ACCESS).filter(([kind]) => attacks.some(({ access }) => access.includes(kind)));
  const groups = Object.entries(GENERAL);
  const headings = [
    { id: "kinds", text: "On a kind of access", level: 2 }, ...kinds.map(([id, { title }]) => ({ id, text: title, level: 3 })),
    { id: "any-tool", text: "On any tool", level: 2 }, ...groups.map(([id, text]) => ({ id, text, level: 3 })),
  ];
  return document({
    address: ATTACK_INDEX,
    title: "Attacks",
    description: "Attacks on MCP tools, each with the policy that stops it",
    trail: [["Catalogue", INDEX], ["Attacks", undefined]],
    aside: contents(headings),
    content: html`<h1>Attacks</h1>
      <p class="lead">${attacks.length} attacks, each with a policy that stops it. The tests of the project play every one on every host, and with each an ordinary call that passes.</p>
      <h2 id="kinds">On a kind of access</h2>
      ${kinds.map(([kind, { title }]) => html`<section><h3 id=${kind}><a href=${to(accessAddress(kind))}>${title}</a></h3>${attackItems(attacks.filter(({ access }) => access.includes(kind)), to)}</section>`)}
      <h2 id="any-tool">On any tool, or on the gateway</h2>
      ${groups.map(([group, title]) => html`<section><h3 id=${group}>${title}</h3>${attackItems(attacks.filter((attack) => attack.group === group), to)}</section>`)}`,
  });
}
