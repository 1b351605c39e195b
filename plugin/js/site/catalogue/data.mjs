// Turns the policies to copy, the recorded lists of tools and the attacks into the facts of the catalogue.
//
// It takes nothing that a server says for more than a text.

import fs from "node:fs";
import path from "node:path";
import MarkdownIt from "markdown-it";
import { init, scan } from "../tool.mjs";
import { ACCESS, accessOf, ATTACKS, GENERAL } from "./access.mjs";
import { byGateway, readCase, rulesOf } from "./cases.mjs";

const SERVERS = "policies/servers";
const LISTS = "plugin/cli/tests/fixtures/tool-lists";
/** Servers whose names are not written as their files suggest. */
const TITLES = { "chrome-devtools": "Chrome DevTools", gitlab: "GitLab", mongodb: "MongoDB" };
const ABBREVIATIONS = ["sql", "ssrf", "url"];
const CLASSES = ["Read", "Write", "Execute", "Destructive", "Financial"];

const markdown = new MarkdownIt();

/** Everything that the catalogue shows. `run` is the command line tool, and `lists` the folder with lists of tools. */
export function catalogue(root, run, lists = path.join(root, LISTS)) {
  const packs = folders(path.join(root, SERVERS));
  const others = recorded(lists).filter((name) => !packs.includes(name));
  const servers = [...packs.map((name) => packed(root, name, run, lists)), ...others.map((name) => starter(name, run, lists))];
  const attacks = attacksIn(path.join(root, "policies/attacks"));
  const tools = servers.flatMap((one) => one.tools);
  return { servers, attacks, tools, classes: CLASSES };
}

function folders(place) {
  return fs.readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

/** The names of the recorded lists. Other files beside them hold no list. */
function recorded(lists) {
  const names = fs.readdirSync(lists).filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length)).sort();
  return names.filter((name) => Array.isArray(listOf(lists, name).tools));
}

/** A server with a policy to copy, which cases test. */
function packed(root, name, run, lists) {
  const folder = path.join(root, SERVERS, name);
  const text = fs.readFileSync(path.join(folder, "policy.json"), "utf8");
  const readme = readReadme(fs.readFileSync(path.join(folder, "README.md"), "utf8"));
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(".json") && file !== "policy.json");
  const one = { name, policy: JSON.parse(text), text: toCopy(text), cases: files.map((file) => readCase(path.join(folder, file))), file: `${SERVERS}/${name}/README.md`, ...readme };
  return withTools(one, listOf(lists, name), run);
}

/** A server of which a list alone is known, with the policy that the tool writes for it. */
function starter(name, run, lists) {
  const list = listOf(lists, name);
  const policy = init(run, list.tools);
  const title = TITLES[name] ?? name.split("-").map(capital).join(" ");
  return withTools({ name, policy, text: undefined, cases: [], title, rows: [], starter: true }, list, run);
}

function withTools(one, list, run) {
  const scanned = list ? scan(run, list.tools) : new Map();
  const names = [...new Set([...one.rows.flatMap((row) => row.names), ...Object.keys(one.policy.tools), ...scanned.keys()])];
  one.list = list;
  one.tools = names.map((tool) => toolOf(one, tool, scanned.get(tool)));
  return one;
}

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** The policy as its author laid it out, without the place of the schema in this repository. */
function toCopy(file) {
  return file.replace(/^ *"\$schema": .*\n/m, "").trimEnd();
}

function listOf(lists, name) {
  const file = path.join(lists, `${name}.json`);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : undefined;
}

function toolOf(server, name, report) {
  const listed = server.list?.tools.find((tool) => tool.name === name);
  const row = server.rows.find(({ names }) => names.includes(name));
  const parameters = listed ? parametersOf(listed) : namedIn(policyOf(server.policy, name));
  const tool = {
    server, name, row, report, parameters,
    title: listed?.annotations?.title ?? listed?.title,
    description: listed?.description,
    class: report?.class ?? row?.risk,
    entry: entryOf(server.policy, name),
    policy: policyOf(server.policy, name),
    steps: server.cases.flatMap((one) => one.steps.filter((step) => step.tool === name)),
  };
  tool.denied = !tool.entry || tool.entry.action === "deny";
  tool.access = accessOf(factsOf(tool));
  return tool;
}

/** What the table of the kinds of access asks about. */
export function factsOf({ name, row, report, parameters }) {
  return {
    name,
    classes: [report?.class, row?.risk].filter(Boolean),
    signals: (report?.signals ?? []).map(({ kind }) => kind),
    parameters: parameters.map((parameter) => parameter.name),
  };
}

function parametersOf({ inputSchema }) {
  const required = inputSchema?.required ?? [];
  return Object.entries(inputSchema?.properties ?? {}).map(([name, schema]) => ({ name, ...described(schema), required: required.includes(name) }));
}

/** The arguments that the rules of a policy read: of a tool without a recorded list, nothing else is known. */
function namedIn(policy) {
  const names = [...JSON.stringify(policy).matchAll(/"args\.([A-Za-z0-9_]+)/g)].map(([, name]) => name);
  return [...new Set(names)].map((name) => ({ name, type: "", description: "", required: false }));
}

function described(schema) {
  const type = [schema?.type ?? (schema?.anyOf ?? schema?.oneOf)?.map((one) => one.type)].flat(2).filter((name) => typeof name === "string");
  return { type: [...new Set(type)].join(" or "), description: typeof schema?.description === "string" ? schema.description : "" };
}

/** The entry of a tool; `undefined` where the policy has none, whatever the name is. */
function entryOf({ tools }, name) {
  return Object.hasOwn(tools, name) ? tools[name] : undefined;
}

/** The policy of one tool alone: its entry, and then the rules that the policy has for all tools. */
function policyOf(policy, name) {
  const entry = entryOf(policy, name);
  return { version: policy.version, default: "deny", ...(entry && { tools: { [name]: entry } }), ...(policy.all_tools && { all_tools: policy.all_tools }) };
}

/** The title, the first paragraphs and the table of a README: what the author of the policy says about each tool. */
function readReadme(text) {
  const tokens = markdown.parse(text, {});
  const paragraphs = text.split(/\n{2,}/).filter((part) => !/^[#|]/.test(part));
  const rows = [];
  let cells = [];
  for (const { type, children, content } of tokens) {
    if (type === "tr_open") cells = [];
    if (type === "inline") cells.push({ content, code: children.filter((child) => child.type === "code_inline").map((child) => child.content) });
    if (type === "tr_close" && CLASSES.includes(cells[1]?.content)) rows.push({ ...rowOf(cells), before: rows.at(-1) });
  }
  return { title: tokens[1].content, about: paragraphs[0], before: paragraphs.find((part) => part.startsWith("**Before")), rows };
}

function rowOf([first, risk, rule, why]) {
  return { names: first.code, risk: risk.content, rule: rule.content, why: why.content };
}

/** The words of a file's name, with abbreviations as they are written. */
function titleOf(name) {
  const title = name.split("-").map((word) => (ABBREVIATIONS.includes(word) ? word.toUpperCase() : word)).join(" ");
  return capital(title);
}

/** The attacks, each with the kinds of access that it abuses or its general group. */
function attacksIn(folder) {
  const names = fs.readdirSync(folder).map((file) => file.replace(/\.json$/, "")).sort();
  const unknown = [...names.filter((name) => !(name in ATTACKS)), ...Object.keys(ATTACKS).filter((name) => !names.includes(name))];
  if (unknown.length > 0) throw new Error(`ATTACKS in catalogue/access.mjs and the files of policies/attacks differ: ${unknown.join(", ")}`);
  return names.map((name) => attackOf(folder, name));
}

function attackOf(folder, name) {
  const one = readCase(path.join(folder, `${name}.json`));
  const kinds = ATTACKS[name];
  for (const kind of [kinds].flat()) if (!(kind in (Array.isArray(kinds) ? ACCESS : GENERAL))) throw new Error(`${name} in catalogue/access.mjs names ${kind}, which does not exist`);
  const { story, owasp, safe_mcp: safeMcp } = one.attack;
  return {
    name, story, owasp, safeMcp,
    title: titleOf(name),
    file: `policies/attacks/${name}.json`,
    why: one.why,
    policy: one.policy,
    steps: one.steps,
    rules: rulesOf(one),
    byGateway: byGateway(one),
    access: Array.isArray(kinds) ? kinds : [],
    group: Array.isArray(kinds) ? undefined : kinds,
  };
}
