// Plays persons who share a state by a link, and attackers who make links.
//
// It never trusts a page that it has changed itself.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { button, copied, open, paste, reads, verdict } from "./visitor.mjs";

const MARKUP = `<img src=x onerror="document.title='ran'"><script>document.title='ran'</script>`;
const fragment = (value) => `#s=${deflateRawSync(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")}`;
const ALLOWING = { v: 1, policy: '{ "version": "1", "default": "allow" }', call: { message: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}' } };
/** A state in so many bytes, most of them blanks. */
const padded = (length) => fragment(JSON.stringify(ALLOWING).padEnd(length));
/** A state whose link has about so many characters. */
const noise = (length) => fragment({ v: 1, policy: randomBytes((length * 9) / 16).toString("base64") });
const REFUSAL = "This link holds no state that this page can read. Nothing was taken from it.";
const FIRST = /Refused\s+by \/tools\/run\/require\/0/;

export async function link_reopens_the_same_state(visitor) {
  const tab = await visitor.tab();
  const policy = '{ "version": "1", "default": "deny", "tools": { "a": {}, "é": {} } }';
  await paste(tab, "Policy", policy);
  await paste(tab, "Message", '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"é"}}');
  await tab.getByText("Caller and request").click();
  await tab.getByLabel("Headers", { exact: true }).fill("x-team: ops");
  await open(tab, "Timeline");
  await paste(tab, "Calls over time", '{"call":"a","times":3}');
  await button(tab, "Share").click();
  const link = tab.getByLabel("Link to this state");
  await reads(tab.getByText("Browsers send this part of an address to no server"), /tokens too/);
  await tab.waitForFunction((link) => link.value.includes("#s="), await link.elementHandle());
  const address = await link.inputValue();
  assert.ok(address.startsWith(visitor.address));
  const other = await visitor.tab({ fragment: new URL(address).hash });
  assert.equal(await other.getByRole("tab", { selected: true }).innerText(), "Timeline");
  await reads(other.getByRole("tabpanel", { name: "Timeline" }).getByRole("status"), /3 calls: 3 pass, 0 refused/);
  assert.equal(await copied(other, "Policy"), policy);
  await open(other, "Call");
  await reads(verdict(other), /^Passes/);
  await other.getByText("Caller and request").click();
  assert.equal(await other.getByLabel("Headers", { exact: true }).inputValue(), "x-team: ops");
}

export async function hostile_link_fills_fields_with_texts(visitor) {
  const name = JSON.stringify(MARKUP).slice(1, -1);
  const policy = `{ "version": "1", "default": "deny", "tools": { "${name}": { "action": "deny", "reason": "${name}" }, "b": { "${name}": 1 } } }`;
  const timeline = JSON.stringify({ call: MARKUP, why: MARKUP });
  const tools = JSON.stringify({ tools: [{ name: MARKUP, description: MARKUP, inputSchema: { type: "object" } }] });
  const message = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: MARKUP } });
  const state = { v: 1, policy, timeline, tools, other: `{ "version": "1", "description": "${name}", "default": "allow" }`, call: { message, headers: MARKUP, claims: MARKUP } };
  for (const given of [state, { ...state, policy: policy.replace(/, "b".*/, " } }"), call: { message } }]) {
    for (const tab of ["call", "timeline", "tools", "compare"]) {
      const page = await visitor.tab({ fragment: fragment({ ...given, tab }) });
      const panel = page.getByRole("tabpanel");
      await reads(panel, /onerror|The policy has a mistake/);
      await page.waitForTimeout(400);
      assert.match(await page.title(), /^Playground/);
      assert.equal(await page.locator("img, main script").count(), 0, tab);
      await page.context().close();
    }
  }
  const page = await visitor.tab();
  assert.deepEqual(visitor.taken(), []);
  await page.evaluate((markup) => (document.querySelector("main").innerHTML = markup), MARKUP);
  assert.equal(await page.locator("img, main script").count(), 2, "the control: as HTML, the same text makes elements");
  await page.waitForTimeout(200);
  assert.ok(visitor.taken().some((what) => what.includes("Content Security Policy")), "and the page's policy stops the script even then");
}

export async function link_that_holds_no_state_changes_nothing(visitor) {
  const refused = [
    "#s=", "#s=!!", "#s=AAAA", "#s=%3Cscript%3E", fragment("[]"), fragment("null"), fragment({}), fragment({ v: 2 }), fragment({ v: 1, policy: 7 }), fragment({ v: 1, tab: "toString" }),
    fragment('{"v":1,"__proto__":{"policy":"x"}}'), fragment({ v: 1, call: { onload: "x" } }), fragment({ v: 1, script: "x" }), fragment({ v: 1, policy: "x".repeat(300_000) }),
    padded(2_000_000), padded(50_000_000), noise(100_000),
  ];
  const tab = await visitor.tab();
  for (const fragment of refused) {
    await tab.goto("about:blank");
    await tab.goto(visitor.address + fragment);
    await reads(tab.getByRole("alert"), new RegExp(REFUSAL));
    await reads(verdict(tab), FIRST);
  }
  for (const [fragment, pattern] of [[padded(500_000), /^Passes/], [noise(20_000), /^No decision/]]) {
    await tab.goto("about:blank");
    await tab.goto(visitor.address + fragment);
    await reads(verdict(tab), pattern);
    assert.equal(await tab.getByText(REFUSAL).count(), 0, "the control: a state is taken");
  }
}

export async function page_works_without_a_network(visitor) {
  const tab = await visitor.tab();
  await reads(verdict(tab), FIRST);
  await tab.context().setOffline(true);
  await button(tab, "Examples").click();
  await tab.getByRole("button", { name: "Path traversal", exact: true }).click();
  await reads(verdict(tab), /Refused\s+by \/tools\/read_file\/require\/0/);
  await paste(tab, "Policy", "{");
  await reads(tab.getByRole("list", { name: "Findings" }), /mistake/);
  await open(tab, "Tools");
  await tab.getByLabel("Recorded list").selectOption("shell");
  await reads(tab.getByRole("tabpanel", { name: "Tools" }).getByRole("status"), /1 tool, 1 of High/);
  const reached = await tab.evaluate(() => fetch(location.href, { cache: "no-store" }).then(() => true, () => false));
  assert.equal(reached, false, "the control: nothing could be loaded");
  visitor.taken();
}

export async function page_may_not_reach_another_server(visitor) {
  const tab = await visitor.tab();
  const reach = (address) => tab.evaluate((address) => fetch(address).then(() => true, () => false), address);
  assert.equal(await reach("../site.css"), true, "the control: a file of the site");
  assert.equal(await reach(visitor.address.replace("127.0.0.1", "localhost")), false);
  assert.ok(visitor.taken().some((what) => what.includes("Content Security Policy")));
}
