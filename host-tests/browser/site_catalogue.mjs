// Turns the packs of policies and the attacks of the project into what the catalogue must show of them.
//
// It reads the files of the project by itself, not by the generator of the site.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { inflateRawSync } from "node:zlib";
import { ACCESS, accessOf, ATTACKS, GENERAL } from "../../plugin/js/site/catalogue/access.mjs";
import { openTool, scan } from "../../plugin/js/site/tool.mjs";

const read = (...parts) => JSON.parse(fs.readFileSync(path.join(...parts), "utf8"));
const SERVERS = "policies/servers";
const ATTACK_FILES = "policies/attacks";
/** Marks are letters, so that nothing escapes them. */
const NAME = "<img src=x onerror=pwned()>";
const OTHER_NAME = "</code></pre><svg onload=pwned()>";
const RUNS = "<script>pwned()</script><img src=x onerror=pwned()>";

function packs({ root }) {
  const folders = fs.readdirSync(path.join(root, SERVERS), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => ({ name, policy: read(root, SERVERS, name, "policy.json") }));
}

function attacks({ root }) {
  return fs.readdirSync(path.join(root, ATTACK_FILES)).map((file) => ({ name: file.replace(".json", ""), ...read(root, ATTACK_FILES, file) }));
}

/** The elements of pages that a selector finds, as `[name, text]`, by the browser's own parser. */
async function elements(scene, addresses, selector) {
  const tab = await scene.tab();
  const texts = addresses.map((address) => [address, fs.readFileSync(path.join(scene.options.site, address), "utf8")]);
  return new Map(await tab.evaluate(([pages, selector]) => pages.map(([address, text]) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    return [address, [...page.querySelectorAll(selector)].map(({ localName, textContent }) => [localName, textContent])];
  }), [texts, selector]));
}

export async function every_tool_of_every_pack_has_a_page_with_its_rule(scene) {
  const all = packs(scene.options);
  assert.equal(all.length, 14);
  const tools = all.flatMap(({ name, policy }) => Object.keys(policy.tools).map((tool) => ({ tool, policy, address: `catalogue/servers/${name}/${tool}.html` })));
  const shown = await elements(scene, tools.map(({ address }) => address), "h1, section:has(> #rule) > pre");
  for (const { tool, policy, address } of tools) {
    const [[, title], [, text]] = shown.get(address);
    assert.equal(title, tool);
    scene.policies[address] = JSON.parse(text);
    assert.deepEqual(scene.policies[address], { version: "1", default: "deny", ...(policy.all_tools && { all_tools: policy.all_tools }), tools: { [tool]: policy.tools[tool] } }, address);
  }
}

export async function every_pack_has_a_page_with_its_policy(scene) {
  const all = packs(scene.options).map(({ name, policy: { $schema, ...policy } }) => ({ policy, address: `catalogue/servers/${name}/index.html` }));
  const shown = await elements(scene, all.map(({ address }) => address), "section:has(> #policy) > pre");
  for (const { policy, address } of all) {
    scene.policies[address] = JSON.parse(shown.get(address)[0][1]);
    assert.deepEqual(scene.policies[address], policy);
  }
}

export async function every_tool_of_every_recorded_list_has_a_page(scene) {
  const folder = path.join(scene.options.root, "plugin/cli/tests/fixtures/tool-lists");
  const lists = fs.readdirSync(folder).filter((file) => file.endsWith(".json")).map((file) => [file.replace(".json", ""), read(folder, file).tools]);
  const tools = lists.flatMap(([server, list]) => (list ?? []).map(({ name }) => ({ name, address: `catalogue/servers/${server}/${name}.html` })));
  assert.ok(tools.length > 450, `${tools.length} tools`);
  const shown = await elements(scene, tools.map(({ address }) => address), "h1, section:has(> #rule) > pre");
  for (const { name, address } of tools) {
    const [[, title], [, text]] = shown.get(address);
    assert.equal(title, name);
    scene.policies[address] = JSON.parse(text);
    assert.deepEqual(Object.keys(scene.policies[address].tools), [name]);
    assert.equal(scene.policies[address].default, "deny");
  }
}

/** What follows the `#` is what the playground reads; its own tests open such links. */
export async function links_to_the_playground_hold_the_policy_and_a_call(scene) {
  const tab = await scene.tab();
  const calls = { "catalogue/servers/sqlite/read_query.html": "SELECT 1; DROP TABLE orders", "catalogue/attacks/ssrf.html": "http://169.254.169.254/latest/meta-data/" };
  for (const [address, argument] of Object.entries(calls)) {
    await tab.goto(scene.site + address);
    const link = new URL(await tab.getByRole("link", { name: "Open it in the playground" }).evaluate(({ href }) => href));
    assert.equal(link.pathname, "/some/path/playground/index.html");
    const state = JSON.parse(inflateRawSync(Buffer.from(link.hash.replace(/^#s=/, ""), "base64url")));
    const shown = await tab.locator("section:has(> :is(#rule, #policy)) pre").first().textContent();
    assert.deepEqual({ ...state, policy: JSON.parse(state.policy) }, { v: 1, policy: JSON.parse(shown), call: state.call });
    assert.deepEqual(Object.values(JSON.parse(state.call.message).params.arguments), [argument]);
  }
}

export async function every_attack_is_on_a_page_with_the_rule_that_stops_it(scene) {
  const all = attacks(scene.options).map((attack) => ({ ...attack, address: `catalogue/attacks/${attack.name}.html` }));
  assert.ok(all.length > 50);
  const shown = await elements(scene, all.map(({ address }) => address), "section:has(> #stops) > :is(h3, pre, p)");
  for (const { name, policy, steps, address } of all) {
    const rules = new Set(steps.map(({ expect }) => expect.rule).filter(Boolean));
    for (const pointer of rules) assert.ok(shows(shown.get(address), pointer, at(policy, pointer)), `${name} shows ${pointer}`);
    const says = shown.get(address).map(([, text]) => text).join("\n");
    if (rules.size === 0) assert.match(says, /need no rule|^\/tools\/[a-z_]+\/result$|^\/default$/m, name);
  }
}

const at = (policy, pointer) => pointer.split("/").slice(1).reduce((inner, key) => inner?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], policy);

/** A pointer as a heading, with its rule below it; one that leads to nothing has a sentence in its place. */
function shows(elements, pointer, rule) {
  const index = elements.findIndex(([name, text]) => name === "h3" && text === pointer);
  const [kind, text] = elements[index + 1] ?? [];
  if (index < 0 || rule === undefined) return index >= 0 && kind === "p";
  return kind === "pre" && JSON.stringify(JSON.parse(text)) === JSON.stringify(rule);
}

/** The table says of each attack which kind of access it abuses. Its own case is the proof: a tool that it calls has this access. */
export async function attacks_call_a_tool_with_the_access_of_their_row(scene) {
  const run = await openTool(scene.options.tool);
  assert.deepEqual(Object.keys(ATTACKS).sort(), attacks(scene.options).map(({ name }) => name).sort());
  for (const { name, steps } of attacks(scene.options)) {
    const row = ATTACKS[name];
    if (!Array.isArray(row)) assert.ok(row in GENERAL, name);
    else for (const kind of row) assert.ok(calledTools(run, steps).some((facts) => accessOf(facts).includes(kind)), `no tool of ${name} has the access ${kind}`);
  }
}

/** The tools that steps call, with the parameters that they were given and the class that `scan` gives them. */
function calledTools(run, steps) {
  const tools = new Map();
  for (const { call, arguments: given, body } of steps) {
    const name = call ?? body?.params?.name;
    if (typeof name !== "string" || name.trim() !== name) continue;
    const properties = tools.get(name) ?? {};
    for (const [key, value] of Object.entries(given ?? body?.params?.arguments ?? {})) properties[key] = { type: typeOf(value) };
    tools.set(name, properties);
  }
  const list = [...tools].map(([name, properties]) => ({ name, inputSchema: { type: "object", properties } }));
  const reports = scan(run, list);
  return list.filter(({ name }) => reports.has(name)).map(({ name, inputSchema }) => ({
    name, classes: [reports.get(name).class], signals: reports.get(name).signals.map(({ kind }) => kind), parameters: Object.keys(inputSchema.properties),
  }));
}

const typeOf = (value) => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);

export async function kinds_of_access_all_have_tools_and_attacks(scene) {
  const tab = await scene.tab();
  for (const kind of Object.keys(ACCESS)) {
    await tab.goto(`${scene.site}catalogue/access/${kind}.html`);
    assert.ok((await tab.locator("main a[href*='../attacks/']").count()) > 0, `${kind} has no attack`);
    assert.ok((await tab.locator("main a[href*='../servers/']").count()) > 0, `${kind} has no tool`);
  }
}

/** The list of the server of `hostile` has markup in each of its texts. */
export async function hostile_texts_of_a_server_are_shown_and_do_nothing(scene) {
  const tab = await scene.tab();
  await tab.exposeFunction("pwned", () => scene.misdeeds.push("a text of the server ran"));
  await tab.goto(`${scene.hostile}catalogue/index.html`);
  await tab.getByRole("searchbox").fill("onerror");
  await tab.getByRole("link", { name: NAME, exact: true }).click();
  await tab.waitForURL(/servers\/fetch\//);
  const shown = await tab.locator("main").innerText();
  for (const text of [NAME, "a description </blockquote><script>pwned()</script>", "a parameter <svg onload=pwned()>", "a title <b>", "[a link](javascript:pwned())", "\\u{202e}"]) assert.ok(shown.includes(text), `${text} in ${shown}`);
  assert.equal(await tab.locator("main :is(script, img, svg, b, blockquote a)").count(), 0);
  assert.equal(await tab.locator("a[href^='javascript:']").count(), 0);
}

/** Of this server no policy is there: the one that the tool writes has the hostile name too. */
export async function hostile_names_in_a_starter_policy_are_shown_and_do_nothing(scene) {
  const tab = await scene.tab();
  await tab.exposeFunction("pwned", () => scene.misdeeds.push("a text of the server ran"));
  await tab.goto(`${scene.hostile}catalogue/servers/elsewhere/index.html`);
  await tab.getByRole("link", { name: OTHER_NAME, exact: true }).click();
  await tab.getByRole("heading", { name: OTHER_NAME, exact: true }).waitFor();
  assert.ok((await tab.locator("section:has(> #rule) pre").first().innerText()).includes(JSON.stringify(OTHER_NAME)));
  assert.equal(await tab.locator("main svg").count(), 0);
}

export async function hostile_texts_would_do_something_as_markup(scene) {
  const tab = await scene.tab();
  const ran = new Promise((done) => tab.exposeFunction("pwned", done).then(() => tab.goto("about:blank")).then(() => tab.evaluate((text) => (document.body.innerHTML = text), RUNS)));
  await ran;
  scene.taken();
}
