// Turns nothing into the page of the playground: its fields, its tabs and the places of its results.
//
// It has no script of its own in the HTML: the modules beside it fill the places.

import { html } from "../site/html.mjs";
import { document, RUNNING } from "../site/layout.mjs";

const TABS = [["call", "Call"], ["timeline", "Timeline"], ["tools", "Tools"], ["compare", "Compare"]];

const tab = ([name, title]) => html`<button type="button" role="tab" id=${`tab-${name}`} data-tab=${name} aria-controls=${`panel-${name}`} aria-selected=${String(name === "call")} tabindex=${name === "call" ? 0 : -1}>${title}</button>`;
const panel = (name, content) => html`<div role="tabpanel" id=${`panel-${name}`} aria-labelledby=${`tab-${name}`} tabindex="0" hidden=${name !== "call"}>${content}</div>`;

/** A field of one line: its name in the state, its label, an example, and a note. */
const line = (name, label, example, note) => html`<div class="field">
  <label for=${name}>${label}</label>
  <input id=${name} class="code" autocomplete="off" spellcheck="false" placeholder=${example} aria-describedby=${`${name}-note`} />
  <p class="note" id=${`${name}-note`}>${note}</p>
</div>`;
const area = (name, label, example, note, rows = 2) => html`<div class="field">
  <label for=${name}>${label}</label>
  <textarea id=${name} rows=${rows} autocomplete="off" spellcheck="false" placeholder=${example} aria-describedby=${`${name}-note`}></textarea>
  <p class="note" id=${`${name}-note`}>${note}</p>
</div>`;

const bar = html`<div class="bar">
  <h1>Playground</h1>
  <div class="buttons">
    <button type="button" class="button" id="open-examples" aria-haspopup="dialog">Examples</button>
    <button type="button" class="button" id="share">Share</button>
    <button type="button" class="button" id="scheme">Dark</button>
  </div>
</div>`;

const shared = html`<div class="panel shared" id="shared" hidden>
  <label for="link">Link to this state</label>
  <div class="row"><input id="link" class="code" readonly /><button type="button" class="button" id="copy">Copy</button></div>
  <p class="note">The link holds everything in the fields, tokens too. Browsers send this part of an address to no server.</p>
</div>`;

const policy = html`<section class="left" aria-labelledby="policy-title">
  <div class="title"><h2 id="policy-title">Policy</h2><p id="checked" role="status" class="quiet small"></p></div>
  <div class="editor tall" id="policy"></div>
  <div id="findings"></div>
</section>`;

const caller = html`<details class="more" id="facts">
  <summary>Caller and request</summary>
  <div class="fields">
    ${area("claims", "Claims of the token", '{ "sub": "ada", "groups": ["dev"] }', "JSON, as the gateway verified it. Empty: no token.")}
    ${area("headers", "Headers", "x-team: ops", "One a line. Content type, accept and request id are there unless given.")}
    ${line("peer", "Address of the client", "127.0.0.1", "As the gateway sees it.")}
    ${line("time", "Time", "2026-01-01T00:00:00Z", "ISO 8601, or seconds since 1970.")}
    ${line("times", "Times", "1", "The decision is that of the last call.")}
    ${line("before", "Earlier calls", "0", "So many calls of the timeline are made before.")}
    ${line("method", "HTTP method", "POST", "GET and DELETE have no message.")}
    ${line("path", "Path", "/mcp", "By which servers may be known.")}
    ${line("cluster", "Cluster", "files", "Chosen by the gateway's route.")}
    ${area("certificate", "Client certificate", "uri_san: spiffe://acme/ci", "uri_san, dns_san and subject, one a line.")}
    ${area("response", "Answer of the server", '{ "body": { "jsonrpc": "2.0", "id": 1, "result": {} } }', "JSON with status, headers, and body, text or events.")}
  </div>
</details>`;

const call = html`
  <div class="title"><h2 id="message-title">Message</h2></div>
  <div class="field chosen" id="chosen" hidden><label for="calls-of">Call of the example</label><select id="calls-of"></select></div>
  <div class="editor" id="message"></div>
  ${caller}
  <section aria-labelledby="decision-title"><h2 id="decision-title" class="unseen">Decision</h2>
    <div id="verdict" role="status" aria-live="polite" aria-atomic="true"></div>
    <div id="decision"></div>
  </section>`;

const timeline = html`
  <div class="title"><h2>Calls over time</h2></div>
  <p class="note above">A step or a JSON-RPC message a line. <code>at</code> is the time since the start; <code>times</code> and <code>every</code> repeat a call.</p>
  <div class="editor" id="timeline"></div>
  <div id="replayed" role="status"></div>
  <div id="counters"></div>
  <div id="calls"></div>`;

const tools = html`
  <div class="title"><h2>Tools of a server</h2></div>
  <div class="field chosen"><label for="recorded">Recorded list</label><select id="recorded"><option value="">Paste an answer to tools/list below, or choose …</option></select></div>
  <div class="editor" id="tools"></div>
  <div id="scanned" role="status"></div>
  <div id="classes"></div>
  <section id="starter-part" aria-labelledby="starter-title" hidden>
    <h3 id="starter-title">Starter policy</h3>
    <div class="fields">
      ${area("roots", "Directories", "/srv/data", "In which paths must be, one a line.")}
      ${area("hosts", "Hosts", "*.example.com", "That URLs must have, one a line.")}
    </div>
    <div class="row"><button type="button" class="button first" id="take">Put it into the editor</button></div>
    <ul id="left-open" class="small"></ul>
    <pre id="starter" tabindex="0" aria-label="Starter policy"></pre>
  </section>`;

const compare = html`
  <div class="title"><h2>Another policy</h2><button type="button" class="button small" id="copy-policy">Copy the policy here</button></div>
  <p class="note above">Change it here. What differs from the policy on the left is marked, and the calls of the timeline are decided by both.</p>
  <div class="editor tall" id="other"></div>
  <div id="compared" role="status"></div>
  <div id="differences"></div>`;

const picker = html`<dialog id="examples" aria-labelledby="examples-title">
  <div class="title"><h2 id="examples-title">Examples</h2><button type="button" class="button small" id="close-examples">Close</button></div>
  <div class="field"><label for="search">Search</label><input id="search" type="search" autocomplete="off" placeholder="rate limit, traversal, github …" /></div>
  <p id="found" role="status" class="quiet small"></p>
  <div id="listed"></div>
</dialog>`;

export const page = () => document({
  address: "playground/index.html",
  title: "Playground",
  description: "Write a policy for MCP tool calls and see each decision with every rule that was looked at, in the browser.",
  kind: "broad playground",
  scripts: ["playground/main.js"],
  styles: ["playground/playground.css"],
  policy: { ...RUNNING, "form-action": "'none'" },
  content: html`${bar}${shared}
    <p id="refused-link" role="alert"></p>
    <div class="sides">
      ${policy}
      <section class="right" aria-label="Try the policy">
        <div role="tablist" aria-label="Try the policy" class="tabs" id="tabs">${TABS.map(tab)}</div>
        ${panel("call", call)}${panel("timeline", timeline)}${panel("tools", tools)}${panel("compare", compare)}
      </section>
    </div>
    <p class="note last">The engine and the command line tool run inside this page. Nothing that you type leaves it, and once it is loaded it needs no network. <a href="LICENSES.txt">Licences</a></p>
    ${picker}
    <noscript><p>The playground runs the policy engine in your browser, and needs JavaScript for it.</p></noscript>`,
});
