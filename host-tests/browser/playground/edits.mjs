// Plays persons who write a policy and see its mistakes and its decisions.
//
// It never speaks to the page except through the browser.

import assert from "node:assert/strict";
import { button, copied, editor, open, paste, reads, rows, verdict } from "./visitor.mjs";

const MISTAKEN = `{ "version": "1", "default": "deny",
  "tools": {
    "run": { "deny": true,
      "require": [ { "conditions": [ { "path": "args.command", "op": "eq", "value": "npm test" } ] } ] } } }`;
const FIXED = MISTAKEN.replace('"deny": true,', "");
const CALL = (command) => JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "run", arguments: { command } } });
const REFUSED = /Refused\s+by \/tools\/run\/require\/0 \(arguments\)/;

/** The texts that are underlined in an editor. */
const underlined = (tab, name) =>
  editor(tab, name).evaluate((content) => [...content.querySelectorAll("*")].filter((part) => getComputedStyle(part).textDecorationStyle === "wavy").map((part) => part.textContent));

export async function mistake_is_underlined_with_its_message_and_the_fixed_policy_refuses(visitor) {
  const tab = await visitor.tab();
  await paste(tab, "Message", CALL("rm -rf /"));
  await paste(tab, "Policy", MISTAKEN);
  const findings = tab.getByRole("list", { name: "Findings" });
  await reads(findings, /\/tools\/run\/deny[^]*unknown key\s*deny\s*; write one of action/);
  assert.deepEqual(await underlined(tab, "Policy"), ['"deny"']);
  await reads(verdict(tab), /No decision[^]*it has a mistake[^]*\/tools\/run\/deny/);
  await findings.getByRole("button", { name: "/tools/run/deny" }).click();
  assert.equal(await selected(tab), '"deny": true');
  await tab.keyboard.press("Delete");
  await tab.keyboard.press("Delete");
  await reads(verdict(tab), REFUSED);
  assert.deepEqual(await underlined(tab, "Policy"), []);
  assert.equal(JSON.stringify(JSON.parse(await copied(tab, "Policy"))), JSON.stringify(JSON.parse(FIXED)));
  await reads(tab.getByText("args.command eq").locator(".."), /args.command eq read "rm -rf \/"/);
  await paste(tab, "Message", CALL("npm test"));
  await reads(verdict(tab), /^Passes/);
}

/** The text that is selected in the editor with the focus. */
const selected = (tab) => tab.evaluate(() => (document.activeElement.shadowRoot?.getSelection?.() ?? getSelection()).toString());

export async function rule_of_a_decision_is_selected_in_the_policy(visitor) {
  const tab = await visitor.tab();
  await paste(tab, "Policy", FIXED);
  await paste(tab, "Message", CALL("rm"));
  await reads(verdict(tab), REFUSED);
  await button(tab, "/tools/run/require/0").click();
  assert.match(await selected(tab), /^\{ "conditions": .*"npm test" \} \] \}$/);
  await button(tab, "/tools/run").click();
  assert.match(await selected(tab), /^"run": \{/);
}

export async function caller_facts_decide_and_mistakes_in_them_are_shown(visitor) {
  const tab = await visitor.tab();
  await paste(tab, "Policy", '{ "version": "1", "default": "deny", "grants": { "ci": { "match": { "claim": { "sub": "ci" } }, "policy": "main" } }, "tools": { "run": { "limits": [ { "counter": "a", "window": "minute", "max": 2, "scope": "grant" } ] } } }');
  await paste(tab, "Message", CALL("x"));
  await reads(verdict(tab), /Refused\s+by \/grants \(identity\)/);
  await tab.getByText("Caller and request").click();
  await tab.getByLabel("Claims of the token").fill('{ "sub": "ci" }');
  await reads(verdict(tab), /Passes[^]*as ci/);
  await tab.getByLabel("Times").fill("3");
  await reads(verdict(tab), /Refused \(call 3 of 3\)\s+by \/tools\/run\/limits\/0 \(rate_limited\)/);
  await tab.getByLabel("Times").fill("many");
  await reads(verdict(tab), /No decision\s+many is no number of calls/);
  assert.equal(await tab.getByLabel("Times").getAttribute("aria-invalid"), "true");
  await tab.getByLabel("Times").fill("2");
  await tab.getByLabel("Headers", { exact: true }).fill("no field");
  await reads(verdict(tab), /No decision\s+no field is no field; write/);
}

export async function names_and_values_are_completed_by_the_schema(visitor) {
  const tab = await visitor.tab();
  await paste(tab, "Policy", "");
  await tab.keyboard.type('{ "version": "1", "def');
  const offered = tab.getByRole("listbox", { name: "Completions" });
  await offered.getByRole("option", { name: /^"?default"?$/ }).waitFor();
  assert.equal(await offered.getByRole("option", { name: /version/ }).count(), 0, "a name that is there is not offered");
  await tab.waitForTimeout(150);
  await tab.keyboard.press("Enter");
  await tab.keyboard.type('"');
  await offered.getByRole("option", { name: "deny" }).click();
  assert.deepEqual(JSON.parse(await copied(tab, "Policy")), { version: "1", default: "deny" });
}

export async function example_is_decided_as_its_case_says(visitor) {
  const tab = await visitor.tab();
  await button(tab, "Examples").click();
  const dialog = tab.getByRole("dialog", { name: "Examples" });
  await dialog.getByLabel("Search").fill("limit calls");
  await reads(dialog.getByRole("status"), /^\d+ examples$/);
  await dialog.getByRole("button", { name: "Limit calls", exact: true }).click();
  await reads(verdict(tab), /Refused\s+by \/tools\/search\/limits\/0 \(rate_limited\)\s+The limit of 2 calls is used up/);
  await tab.getByLabel("Call of the example").selectOption({ index: 0 });
  await reads(verdict(tab), /^Passes/);
  await open(tab, "Timeline");
  await reads(tab.getByRole("tabpanel", { name: "Timeline" }).getByRole("status"), /6 calls: 4 pass, 2 refused/);
}

export async function timeline_shows_which_call_is_refused_and_why(visitor) {
  const tab = await visitor.tab();
  await open(tab, "Timeline");
  await paste(tab, "Policy", '{ "version": "1", "default": "deny", "tools": { "run": { "limits": [ { "counter": "a", "window": "minute", "max": 2 } ] } } }');
  await paste(tab, "Calls over time", '{"at":"0s","call":"run","times":3,"every":"1s"}\n{"at":"61s","call":"run"}\n{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop"}}');
  const said = tab.getByRole("tabpanel", { name: "Timeline" }).getByRole("status");
  await reads(said, /5 calls: 3 pass, 2 refused\. The first refusal is call 3, after 2s/);
  const all = await rows(tab, "Calls and their decisions").allInnerTexts();
  const cells = (number) => all[number].split(/\s*\t\s*|\n+/).filter(Boolean);
  assert.deepEqual(cells(2), ["2", "1s", "run", "passes", "2/2"]);
  assert.deepEqual(cells(3), ["3", "2s", "run", "refused", "2/2", "/tools/run/limits/0", "The limit of 2 calls is used up. Try again in 58 seconds."]);
  assert.deepEqual(cells(4), ["4", "1m 1s", "run", "passes", "1/2"], "the control: the next minute");
  assert.equal(cells(5)[3], "refused");
  await tab.getByRole("img", { name: "/tools/run/limits/0: 4 calls counted, the highest count 2 of 2, 1 beyond the limit" }).waitFor();
  await paste(tab, "Calls over time", '{"call":"run"}\n{"cal":"run"}');
  await reads(said, /In line 2: unknown key `?cal/);
}
