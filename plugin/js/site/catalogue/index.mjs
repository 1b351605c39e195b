// Turns the facts of the catalogue into all of its pages, and into entries for the search.
//
// It decides no layout of a tool or an attack.

import { html } from "../html.mjs";
import { document, relative } from "../layout.mjs";
import { SCRIPT, searchBox } from "../search.mjs";
import { ACCESS } from "./access.mjs";
import { attackIndex, attackPage } from "./attacks.mjs";
import { accessAddress, ATTACK_INDEX, attackAddress, attackItems, byServer, classAddress, INDEX, mark, serverAddress, toolAddress } from "./parts.mjs";
import { visible, words } from "./text.mjs";
import { serverPage, toolPage } from "./tools.mjs";

/** What a call of a tool of each class may do. */
const CLASSES = {
  Read: ["Low", "look something up, search, compute, wait"],
  Write: ["Medium", "change something"],
  Execute: ["High", "run a program of the caller: commands, code, SQL, a page’s scripts"],
  Destructive: ["Critical", "delete or end something, or replace it as a whole"],
  Financial: ["Critical", "move money, or change a debt"],
};

/** All pages by their address, and the entries for the search. */
export function cataloguePages(facts) {
  const { servers, tools, attacks } = facts;
  const pages = [
    [INDEX, indexPage(facts)],
    [ATTACK_INDEX, attackIndex(facts)],
    ...servers.map((server) => [serverAddress(server), serverPage(server)]),
    ...tools.map((tool) => [toolAddress(tool), toolPage(tool, facts)]),
    ...attacks.map((attack) => [attackAddress(attack), attackPage(attack, facts)]),
    ...Object.keys(CLASSES).map((name) => [classAddress(name), classPage(name, facts)]),
    ...Object.keys(ACCESS).map((kind) => [accessAddress(kind), accessPage(kind, facts)]),
  ];
  return { pages: new Map(pages), entries: entries(facts) };
}

function indexPage({ servers, tools, attacks }) {
  const to = (target) => relative(INDEX, target);
  const ofClass = (name) => tools.filter((tool) => tool.class === name).length;
  const packs = servers.filter(({ starter }) => !starter);
  const onAccess = (kind) => attacks.filter(({ access }) => access.includes(kind)).length;
  const ofAccess = (kind) => tools.filter(({ access }) => access.includes(kind)).length;
  return document({
    address: INDEX,
    title: "Catalogue",
    description: "MCP tools, what is to know about each, the rule to copy, and the attacks that abuse it",
    scripts: [SCRIPT],
    kind: "broad",
    content: html`<h1>Catalogue</h1>
      <p class="lead">${tools.length} tools of ${servers.length} MCP servers: the class of each, what is to know about it, the rule to copy, and the attacks that abuse its kind of access.</p>
      ${searchBox(to)}
      <h2>By kind of access</h2>
      <p>What a tool can be made to do. Each kind lists its tools and the <a href=${to(ATTACK_INDEX)}>${attacks.length} attacks</a> on it.</p>
      <ul class="plain kinds">${Object.entries(ACCESS).map(([kind, { title }]) => html`<li><a href=${to(accessAddress(kind))}>${title}</a> <span class="quiet small">${count(ofAccess(kind), "tool")}, ${count(onAccess(kind), "attack")}</span></li>`)}</ul>
      <h2>By class</h2>
      <div class="wide measure" role="group" aria-label="Classes" tabindex="0"><table>
        <thead><tr><th>Class</th><th class="right">Tools</th><th>Severity</th><th>A call may</th></tr></thead>
        <tbody>${Object.entries(CLASSES).map(([name, [severity, may]]) => html`<tr><td><a href=${to(classAddress(name))}>${name}</a></td><td class="right">${ofClass(name)}</td><td>${severity}</td><td>${may}</td></tr>`)}</tbody>
      </table></div>
      <h2>By server</h2>
      <p class="measure">${packs.length} servers have a policy that a person has written and tests play, in Envoy and at the server itself. For the others, <code>mcp-policy init</code> writes a starter policy.</p>
      <h3>With a tested policy</h3>
      ${serverTable(packs, to)}
      <h3>With a starter policy</h3>
      ${serverTable(servers.filter(({ starter }) => starter), to)}`,
  });
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function serverTable(servers, to) {
  const row = (server) => html`<tr><td><a href=${to(serverAddress(server))}>${server.title}</a></td><td class="right">${server.tools.length}</td><td>${packageOf(server)}</td></tr>`;
  return html`<div class="wide measure" role="group" aria-label="Servers" tabindex="0"><table>
    <thead><tr><th>Server</th><th class="right">Tools</th><th>Package</th></tr></thead><tbody>${servers.map(row)}</tbody>
  </table></div>`;
}

function packageOf({ list, about }) {
  return list ? `${visible(list.package)} ${visible(list.version)}` : /`([^`]+)`/.exec(about)?.[1];
}

function classPage(name, { tools }) {
  const [severity, may] = CLASSES[name];
  const address = classAddress(name);
  const to = (target) => relative(address, target);
  return document({
    address,
    title: `Tools of the class ${name}`,
    trail: [["Catalogue", INDEX], [name, undefined]],
    content: html`<h1>${name}</h1>
      <p class="facts">${mark(name)} <span>Severity ${severity}. A call may ${may}.</span></p>
      ${byServer(tools.filter((tool) => tool.class === name), to)}`,
  });
}

function accessPage(kind, { tools, attacks }) {
  const { title } = ACCESS[kind];
  const address = accessAddress(kind);
  const to = (target) => relative(address, target);
  return document({
    address,
    title,
    description: `${title}: the attacks on tools with this kind of access, and the tools`,
    trail: [["Catalogue", INDEX], [title, undefined]],
    content: html`<h1>${title}</h1>
      <section><h2>Attacks on it</h2>${attackItems(attacks.filter(({ access }) => access.includes(kind)), to)}</section>
      <section><h2>Tools that have it</h2>${byServer(tools.filter(({ access }) => access.includes(kind)), to)}</section>`,
  });
}

/** What the search knows of each page: a title, its kind, and further words by which a person may look for it. */
function entries({ tools, servers, attacks }) {
  const found = (kinds) => kinds.map((kind) => `${ACCESS[kind].title} ${ACCESS[kind].find}`).join(" ");
  const distinct = (...texts) => [...new Set(words(texts.join(" ")))].join(" ");
  return [
    ...tools.map((tool) => ({
      address: toolAddress(tool), title: visible(tool.name), kind: "tool", of: `${tool.server.title} · ${tool.class}`,
      words: distinct(tool.server.name, tool.class ?? "", tool.title ?? "", (tool.description ?? "").slice(0, 160), tool.parameters.map(({ name }) => name).join(" "), found(tool.access)),
    })),
    ...servers.map((server) => ({ address: serverAddress(server), title: server.title, kind: "server", of: "server", words: distinct(server.name, packageOf(server)) })),
    ...attacks.map((attack) => ({
      address: attackAddress(attack), title: attack.title, kind: "attack", of: "attack",
      words: distinct(attack.why, attack.steps.map(({ tool }) => tool ?? "").join(" "), found(attack.access)),
    })),
    ...Object.entries(ACCESS).map(([kind, { title, find }]) => ({ address: accessAddress(kind), title, kind: "access", of: "kind of access", words: distinct(find) })),
  ];
}
