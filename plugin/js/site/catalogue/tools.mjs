// Turns a tool into its page, and a server into the page of its tools.
//
// It never joins a description of a server with words of this project.

import { contents } from "../contents.mjs";
import { addressOf } from "../documents.mjs";
import { html } from "../html.mjs";
import { document, relative } from "../layout.mjs";
import { playgroundAddress } from "../playground.mjs";
import { SCRIPT } from "../search.mjs";
import { INIT } from "../tool.mjs";
import { ACCESS } from "./access.mjs";
import { playable } from "./cases.mjs";
import { accessAddress, accessLinks, attackItems, byServer, classAddress, code, INDEX, mark, name, ruleOf, section, serverAddress, steps, toolAddress, toolItem, written } from "./parts.mjs";
import { short, visible } from "./text.mjs";

const DESCRIPTION = 900;
const PARAMETER = 240;
const ALIKE = 24;
const PASSING = 4;

/** Words of the command line tool that quote a server between backticks. They are no Markdown: a server could write links. */
const quoted = (text) => visible(text).split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));

/** The parts of the page of a tool: an id, a heading, and what is below it; nothing where a tool has none. */
const PARTS = [
  ["rule", () => "What to do about it", whatToDo],
  ["class", (tool) => `Why it is ${tool.class}`, whyThisClass],
  ["attacks", () => "Attacks on this kind of access", abuse],
  ["tests", () => "Calls that the tests play", played],
  ["description", () => "What the server says of it", itsWords],
  ["parameters", () => "What it takes", parameters],
  ["alike", () => "The same kind of access at other servers", alike],
];

/** The page of a tool. */
export function toolPage(tool, facts) {
  const address = toolAddress(tool);
  const to = (target) => relative(address, target);
  const parts = PARTS.map(([id, title, content]) => ({ id, text: title(tool), level: 2, content: content(tool, to, facts) })).filter(({ content }) => content);
  return document({
    address,
    title: `${visible(tool.name)} of ${tool.server.title}`,
    description: `The tool ${visible(tool.name)} of ${tool.server.title}: its class, what is to know about it, and a policy to copy`,
    trail: [["Catalogue", INDEX], [tool.server.title, serverAddress(tool.server)], [visible(tool.name), undefined]],
    scripts: [SCRIPT],
    aside: contents(parts),
    content: html`<h1>${name(tool.name)}</h1>
      <p class="facts">${mark(tool.class)} <span>A tool of <a href=${to(serverAddress(tool.server))}>${tool.server.title}</a>${tool.title && html`, which calls it “${visible(tool.title)}”`}</span></p>
      ${parts.map(({ id, text, content }) => section([id, text], content))}`,
  });
}

function whatToDo({ name: tool, server, row, entry, denied, policy, steps: played }, to) {
  const reason = denied && entry?.reason;
  return html`${row && html`<dl class="answers">
      <div><dt>Rule</dt><dd>${ruleOf(row)}</dd></div>
      <div><dt>Why</dt><dd>${written(row.why)}</dd></div>
      ${reason && html`<div><dt>The model reads</dt><dd>${visible(reason)}</dd></div>`}
    </dl>`}
    ${server.starter && html`<p>No person has written a policy for this server. This starter is what <code>mcp-policy init ${INIT.join(" ")}</code> writes for the tool. Nobody has reviewed it, and no test plays it.</p>`}
    <p>This policy ${denied ? "refuses the tool" : "allows this tool and no other"}${server.policy.all_tools ? html`; <code>all_tools</code> has the rules for each tool of the server` : ""}. <a href=${to(serverAddress(server))}>The policy of the whole server</a> has the entry beside the others.</p>
    ${code(policy)}
    <p><a href=${to(playgroundAddress(policy, playable(played) ?? { tool }))}>Open it in the playground</a></p>
    ${server.before && html`<p>${written(server.before)}</p>`}`;
}

function whyThisClass({ class: name, report, row, server }, to) {
  const differs = report && row && report.class !== row.risk;
  return html`${report
      ? html`<p><code>mcp-policy scan</code> gives the class <a href=${to(classAddress(report.class))}>${report.class}</a>, of severity ${report.severity}, because of</p>
          <ul>${report.because.map((reason) => html`<li>${quoted(reason)}</li>`)}</ul>`
      : html`<p>The author of the policy gives the class <a href=${to(classAddress(name))}>${name}</a>. ${server.list ? "The recorded list of the server’s tools does not have this one: the server shows it only to some clients." : "No list of this server’s tools is recorded, because no registry publishes it."}</p>`}
    ${differs && html`<p>The author of the policy, who knows the server, takes it for ${row.risk}.</p>`}
    ${report?.signals.length > 0 && html`<h3>What to know</h3><ul>${report.signals.map(({ says }) => html`<li>${quoted(says)}.</li>`)}</ul>`}`;
}

function abuse({ access }, to, { attacks }) {
  const on = (kind) => attacks.filter((attack) => attack.access.includes(kind));
  return html`${access.length === 0 && html`<p>It has none of the kinds of access that the recorded attacks abuse.</p>`}
    ${access.map((kind) => html`<h3><a href=${to(accessAddress(kind))}>${ACCESS[kind].title}</a></h3>${attackItems(on(kind), to)}`)}
    <p>Others are <a href=${to("catalogue/attacks/index.html#any-tool")}>on any tool</a>, or on the gateway itself.</p>`;
}

/** The cases of the policy at this tool, refusals first, and of those that pass no more than show the ordinary. */
function played({ steps: list, server }) {
  const refused = list.filter(({ outcome }) => outcome !== "passes");
  const passing = list.filter(({ outcome }) => outcome === "passes");
  const more = passing.length - PASSING;
  if (server.starter) return undefined;
  if (list.length === 0) return html`<p>None: the policy of ${server.title} refuses this tool by its name, whatever the arguments are.</p>`;
  return html`<p>With the policy of ${server.title}, on every host of the gateway.</p>
    ${steps([...refused, ...passing.slice(0, PASSING)])}
    ${more > 0 && html`<p class="quiet">${more} more ${more === 1 ? "call passes" : "calls pass"}.</p>`}`;
}

/** What the server says, apart from all that the project says. */
function itsWords({ description, server }) {
  if (!description?.trim()) return undefined;
  const text = visible(description.trim());
  const whole = short(text, DESCRIPTION);
  return html`<p class="small quiet">The model reads this text too. It is a promise of the server, and may be an order. From ${visible(server.list.package)} ${visible(server.list.version)}${server.list.licence && `, ${visible(server.list.licence)}`}.</p>
    <blockquote class="theirs">${whole}</blockquote>
    ${whole !== text && html`<details><summary>All of it</summary><blockquote class="theirs">${text}</blockquote></details>`}`;
}

function parameters({ parameters, server }) {
  if (parameters.length === 0) return undefined;
  if (!server.list) return html`<p>The policy reads ${parameters.map((one, index) => html`${index > 0 && ", "}${name(one.name)}`)}. Others are not known here.</p>`;
  const row = (one) => html`<tr>
    <td>${name(one.name)}${one.required && html` <span class="small quiet">required</span>`}</td>
    <td>${visible(one.type)}</td><td>${visible(short(one.description, PARAMETER))}</td>
  </tr>`;
  return html`<div class="wide" role="group" aria-label="Parameters" tabindex="0"><table>
    <thead><tr><th>Parameter</th><th>Type</th><th>The server says</th></tr></thead><tbody>${parameters.map(row)}</tbody>
  </table></div>`;
}

function alike(tool, to, { tools }) {
  const shares = ({ access }) => access.filter((kind) => tool.access.includes(kind)).length;
  const others = tools.filter((other) => other.server !== tool.server && shares(other) > 0).sort((one, other) => shares(other) - shares(one));
  if (others.length === 0) return undefined;
  return html`${byServer(others.slice(0, ALIKE), to)}
    ${others.length > ALIKE && html`<p>These have most in common with it. All are under:</p>${accessLinks(tool.access, to)}`}`;
}

/** The page of a server. */
export function serverPage(server) {
  const address = serverAddress(server);
  const to = (target) => relative(address, target);
  const about = server.starter ? aboutStarter(server) : html`<p class="lead">${written(server.about)}</p>${server.before && html`<p class="measure">${written(server.before)}</p>`}`;
  return document({
    address,
    title: server.title,
    description: `The tools of ${server.title}, the class of each, and the policy to copy`,
    trail: [["Catalogue", INDEX], [server.title, undefined]],
    scripts: [SCRIPT],
    kind: "broad",
    content: html`<h1>${server.title}</h1>
      ${about}
      ${section(["tools", "Its tools"], server.starter ? starterTable(server, to) : toolTable(server, to))}
      ${section(["policy", "The policy to copy"], server.starter ? code(server.policy) : html`<pre tabindex="0"><code>${visible(server.text)}</code></pre><p>The <a href=${to(addressOf(server.file))}>README of this policy</a> is the same in one page.</p>`)}`,
  });
}

function aboutStarter({ list }) {
  return html`<p class="lead">For ${name(list.package)} ${visible(list.version)}. No person has written a policy for this server: below is a starter policy.</p>
    <p class="measure"><code>mcp-policy init ${INIT.join(" ")}</code> writes it: tools may read, those that write or execute are bounded, and the others are denied. Nobody has reviewed it, and no test plays it.</p>`;
}

/** What a starter policy does with each tool. */
function starterTable({ tools }, to) {
  const rule = ({ entry, denied }) => (denied ? `denied${entry?.reason ? `: ${entry.reason}` : ""}` : entry.rate_limit ? `${entry.rate_limit.max} calls in ${entry.rate_limit.window} seconds` : "allowed");
  const row = (tool) => html`<tr><td><ul class="plain">${toolItem(tool, to)}</ul></td><td>${visible(rule(tool))}</td></tr>`;
  return html`<div class="wide tools" role="group" aria-label="Tools" tabindex="0"><table>
    <thead><tr><th>Tool</th><th>Rule, beside the forms of its arguments</th></tr></thead><tbody>${tools.map(row)}</tbody>
  </table></div>`;
}

/** The rows of the README, and one for the tools that it does not name. */
function toolTable({ rows, tools }, to) {
  const of = (row) => tools.filter((tool) => tool.row === row);
  const row = (one) => html`<tr>
    <td><ul class="plain">${of(one).map((tool) => toolItem(tool, to))}</ul></td>
    <td>${one && written(one.rule)}</td><td>${one ? written(one.why) : "The policy does not name it, so it is refused."}</td>
  </tr>`;
  return html`<div class="wide tools" role="group" aria-label="Tools" tabindex="0"><table>
    <thead><tr><th>Tool</th><th>Rule</th><th>Why</th></tr></thead><tbody>${rows.map(row)}${of(undefined).length > 0 && row()}</tbody>
  </table></div>`;
}
