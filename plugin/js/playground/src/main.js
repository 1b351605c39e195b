// Turns the fields of the page into decisions, reports and links, as a person edits them.
//
// It decides nothing itself: the engine and the tool do, in workers.

import { Compartment } from "@codemirror/state";
import { unifiedMergeView } from "@codemirror/merge";
import { showNoDifferences, showDifferences } from "./compare.js";
import { completion } from "./completion.js";
import { showDecision, showNone } from "./decision.js";
import { byId, calmly, element, show } from "./dom.js";
import { Editor } from "./editor.js";
import { showFindings } from "./findings.js";
import { examples, picker } from "./picker.js";
import { Remote } from "./remote.js";
import { scheme } from "./scheme.js";
import { fragmentOf, isShared, stateIn } from "./share.js";
import { start } from "./start.js";
import { emptyState } from "./state.js";
import { callOf, nameOf, timedCalls } from "./step.js";
import { tabs } from "./tabs.js";
import { showNoTimeline, showTimeline } from "./timeline.js";
import * as tool from "./tool.js";
import { showNoStarter, showNoTools, showStarter, showTools } from "./tools.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./call.js").Call} Call */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */

const engine = new Remote(new URL("engine-worker.js", import.meta.url).href);
const FIELDS = /** @type {(keyof Call)[]} */ (Object.keys(emptyState().call).filter((name) => name !== "message"));
const TEXTS = /** @type {const} */ (["roots", "hosts"]);
const CHECKING = 250;
const DECIDING = 120;

/** @type {any} */
let schema;
/** @type {State["tab"]} */
let tab = "call";
const complete = completion(() => schema);
const original = new Compartment();
const marks = (/** @type {string} */ text) => unifiedMergeView({ original: text, mergeControls: false, syntaxHighlightDeletions: false, diffConfig: { scanLimit: 500, timeout: 300 } });

const policy = new Editor(byId("policy"), { label: "Policy", isLinted: true, complete, onChange: () => policyChanged(), hint: '{ "version": "1" }' });
const message = new Editor(byId("message"), { label: "Message", onChange: () => decide(), hint: '{ "jsonrpc": "2.0", "id": 1, "method": "tools/call", … }' });
const timeline = new Editor(byId("timeline"), { label: "Calls over time", onChange: () => timelineChanged(), hint: '{ "at": "0s", "call": "search" }' });
const list = new Editor(byId("tools"), { label: "Tools of a server", onChange: () => scan(), hint: '{ "tools": [ … ] }' });
const other = new Editor(byId("other"), { label: "Another policy", complete, onChange: () => compare(), extensions: [original.of(marks(""))] });

/** @param {string} name */
const field = (name) => /** @type {Field} */ (byId(name));
const go = (/** @type {string} */ pointer) => policy.go(pointer);
/** @param {unknown} error */
const said = (error) => (error instanceof Error ? error.message : String(error));

/** @returns {State} */
function read() {
  const call = /** @type {Call} */ (Object.fromEntries(FIELDS.map((name) => [name, field(name).value])));
  return { policy: policy.text, call: { ...call, message: message.text }, timeline: timeline.text, tools: list.text, roots: field("roots").value, hosts: field("hosts").value, other: other.text, tab };
}

/** @param {State} state */
function write(state) {
  for (const name of FIELDS) field(name).value = state.call[name];
  for (const name of TEXTS) field(name).value = state[name];
  byId("chosen").hidden = true;
  timeline.text = state.timeline;
  list.text = state.tools;
  other.text = state.other;
  message.text = state.call.message;
  policy.text = state.policy;
  openTab(state.tab);
}

const check = calmly(CHECKING, async () => {
  try {
    const findings = await tool.check(policy.text);
    if (!findings) return;
    policy.mark(findings);
    showFindings(findings, ({ at, line, column }) => (at ? policy.go(at) : policy.goTo(line, column)));
  } catch (error) {
    show(byId("checked"), said(error));
  }
});

/** Shows a mistake beside its field, or takes it away. @param {string} [wrong] @param {string} [text] */
function showFieldMistake(wrong, text = "") {
  for (const name of FIELDS) {
    const note = byId(`${name}-note`);
    note.dataset["note"] ??= note.textContent ?? "";
    field(name).setAttribute("aria-invalid", String(name === wrong));
    note.classList.toggle("wrong", name === wrong);
    note.textContent = name === wrong ? text : note.dataset["note"];
  }
  if (wrong) /** @type {HTMLDetailsElement} */ (byId("facts")).open = true;
}

const decide = calmly(DECIDING, async () => {
  const began = performance.now();
  try {
    const { policy, call, timeline } = read();
    const decided = await engine.run("decide", [policy, call, timeline]);
    if (!decided) return;
    showFieldMistake(decided.field, decided.message);
    if (decided.problems) showNone("No decision", `A gateway does not load this policy: ${decided.problems.length === 1 ? "it has a mistake" : `it has ${decided.problems.length} mistakes`}. The first: ${decided.problems[0].at ? `\`${decided.problems[0].at}\` ` : ""}${decided.problems[0].message}`);
    else if (decided.field ?? decided.line) showNone("No decision", decided.message ?? `The timeline, ${decided.line}`);
    else showDecision(decided.played, decided.times, go);
    performance.measure("decision", { start: began });
  } catch (error) {
    showNone("No decision", said(error));
  }
});

const replay = calmly(DECIDING, async () => {
  if (timeline.text.trim() === "") return showNoTimeline("No calls yet.", false);
  try {
    const replayed = await engine.run("replay", [policy.text, timeline.text]);
    if (!replayed) return;
    if (replayed.calls) showTimeline(replayed.calls, go);
    else if (replayed.line) showNoTimeline(`In ${replayed.line}`, true);
    else showNoTimeline(replayed.problems ? "The policy has a mistake, so no call is decided." : replayed.message, true);
  } catch (error) {
    showNoTimeline(said(error), true);
  }
});

const lines = (/** @type {string} */ text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

const scan = calmly(CHECKING, async () => {
  if (list.text.trim() === "") return showNoTools("No tools yet.", false);
  try {
    const tools = await tool.scan(list.text);
    if (!tools) return;
    showTools(tools, list.text, new Set((await attacks()).keys()), openAttack);
    await offer();
  } catch (error) {
    showNoTools(said(error), true);
  }
});

async function offer() {
  try {
    const made = await tool.init(list.text, lines(field("roots").value), lines(field("hosts").value));
    if (made) showStarter(made.policy, made.notes);
  } catch (error) {
    showNoStarter(said(error));
  }
}

const compare = calmly(CHECKING, async () => {
  if (other.text.trim() === "") return showNoDifferences("No other policy yet.", false);
  other.view.dispatch({ effects: original.reconfigure(marks(policy.text)) });
  try {
    const both = await Promise.all([policy, other].map(({ text }, index) => engine.run("replay", [text, timeline.text], `compare ${index}`)));
    const [one, two] = both;
    if (!one || !two) return;
    const wrong = both.findIndex(({ problems }) => problems);
    if (wrong >= 0) showNoDifferences(`${wrong ? "The other policy" : "The policy"} has a mistake: ${both[wrong].problems[0].at} ${both[wrong].problems[0].message}`, true);
    else if (!one.calls) showNoDifferences(one.line ? `In the timeline, ${one.line}` : one.message, true);
    else showDifferences(one.calls, two.calls, go, (pointer) => other.go(pointer));
  } catch (error) {
    showNoDifferences(said(error), true);
  }
});

/** Shows the results of each tab anew. @type {Record<State["tab"], () => void>} */
const refresh = { call: decide, timeline: replay, tools: scan, compare };

function policyChanged() {
  check();
  if (tab !== "tools") refresh[tab]();
}

function timelineChanged() {
  if (tab === "timeline") replay();
  else if (tab === "compare") compare();
  else decide();
}

const openTab = tabs(byId("tabs"), (name) => {
  tab = /** @type {State["tab"]} */ (name);
  for (const editor of [message, timeline, list, other]) editor.measure();
  refresh[tab]();
});

/** @param {import("./picker.js").Example} example */
function openExample(example) {
  const { title, calls, refused } = example;
  const lines = calls.join("\n");
  write({ ...emptyState(), policy: example.policy, timeline: lines, tools: list.text, other: other.text, roots: field("roots").value, hosts: field("hosts").value });
  const timed = timedCalls(lines);
  const select = /** @type {HTMLSelectElement} */ (byId("calls-of"));
  show(select, ...calls.map((line, index) => element("option", { value: index }, `${index + 1}. ${refused[index] ? "refused" : "passes"}: ${timed[index]?.why || nameOf(timed[index]?.call.message ?? "")}`)));
  select.onchange = () => {
    const index = Number(select.value);
    const call = callOf(JSON.parse(calls[index] ?? "{}"), index + 1);
    for (const name of FIELDS) field(name).value = call[name];
    field("time").value = timed[index]?.call.time ?? "";
    field("before").value = index ? String(index) : "";
    message.text = indented(call.message);
    decide();
  };
  select.value = String(Math.max(refused.indexOf(true), 0));
  byId("chosen").hidden = false;
  select.onchange(new Event("change"));
  history.replaceState(null, "", location.pathname);
  document.title = `${title} · mcp-policy`;
}

/** @param {string} text */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** The examples that are attacks, by their names. */
async function attacks() {
  const { groups } = await examples();
  const named = groups.flatMap(({ examples }) => examples).filter(({ id }) => id.startsWith("attacks/"));
  return new Map(named.map((example) => [example.id.slice("attacks/".length), example]));
}

/** @param {string} name */
async function openAttack(name) {
  const found = (await attacks()).get(name);
  if (!found) return;
  openExample(found);
  byId("tab-call").focus();
}

async function share() {
  const fragment = await fragmentOf(read());
  byId("shared").hidden = false;
  const link = field("link");
  if (!fragment) {
    link.value = "This state is too long for a link.";
    return;
  }
  history.replaceState(null, "", fragment);
  link.value = location.href;
  link.focus();
  link.select();
}

async function readLink() {
  if (!isShared(location.hash)) return false;
  const state = await stateIn(location.hash);
  show(byId("refused-link"), state ? "" : "This link holds no state that this page can read. Nothing was taken from it.");
  if (state) write(state);
  return state !== undefined;
}

async function recorded() {
  const select = /** @type {HTMLSelectElement} */ (byId("recorded"));
  const { lists } = await examples();
  select.append(...lists.map(({ name }) => element("option", { value: name }, name)));
  select.addEventListener("change", () => {
    const found = lists.find(({ name }) => name === select.value);
    if (found) list.text = found.text;
  });
}

function listen() {
  for (const name of FIELDS) field(name).addEventListener("input", decide);
  for (const name of TEXTS) field(name).addEventListener("input", calmly(CHECKING, offer));
  byId("share").addEventListener("click", share);
  byId("copy").addEventListener("click", async () => {
    const button = byId("copy");
    button.textContent = await navigator.clipboard.writeText(field("link").value).then(() => "Copied", () => "Press Ctrl+C");
  });
  byId("take").addEventListener("click", () => {
    policy.text = byId("starter").textContent ?? "";
    policy.view.focus();
  });
  byId("copy-policy").addEventListener("click", () => {
    other.text = policy.text;
    other.view.focus();
  });
  addEventListener("hashchange", readLink);
  picker(openExample);
  scheme(byId("scheme"));
}

listen();
if (!(await readLink())) write(start());
schema = await tool.schema().catch(() => undefined);
await recorded();
