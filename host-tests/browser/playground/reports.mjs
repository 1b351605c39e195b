// Plays persons who paste the tools of a server, and who compare two policies.
//
// It never speaks to the page except through the browser.

import assert from "node:assert/strict";
import { button, copied, editor, open, paste, reads, rows, verdict } from "./visitor.mjs";

const TOOLS = JSON.stringify({ tools: [
  { name: "read_note", description: "Reads a note.", inputSchema: { type: "object", properties: { path: { type: "string" } } } },
  { name: "delete_note", description: "Deletes a note for ever.", inputSchema: { type: "object", properties: { id: { type: "string" } } } },
] });

export async function tool_list_gets_classes_attacks_and_a_starter_policy(visitor) {
  const tab = await visitor.tab();
  await open(tab, "Tools");
  await paste(tab, "Tools of a server", TOOLS);
  const panel = tab.getByRole("tabpanel", { name: "Tools" });
  await reads(panel.getByRole("status"), /2 tools, 1 of High or Critical severity/);
  const found = await rows(tab, "Tools and their classes").allInnerTexts();
  assert.match(found.find((row) => row.includes("delete_note")), /Destructive\s+Critical[^]*destructive autonomy/);
  assert.match(found.find((row) => row.includes("read_note")), /Read\s+Low[^]*path traversal/);
  await tab.getByLabel("Directories").fill("/srv/notes");
  await reads(tab.getByRole("region", { name: "Starter policy" }), /\/srv\/notes/);
  await button(tab, "Put it into the editor").click();
  const policy = JSON.parse(await copied(tab, "Policy"));
  assert.equal(policy.tools.delete_note.action, "deny");
  await tab.getByRole("cell").getByRole("button", { name: "path traversal" }).first().click();
  await reads(verdict(tab), /Refused\s+by \/tools\/read_file\/require\/0/);
}

export async function list_that_is_none_is_a_mistake(visitor) {
  const tab = await visitor.tab();
  await open(tab, "Tools");
  await paste(tab, "Tools of a server", '{ "mcpServers": {} }');
  await reads(tab.getByRole("tabpanel", { name: "Tools" }).getByRole("status"), /it lists servers, not tools|tools/);
  assert.equal(await rows(tab, "Tools and their classes").count(), 0);
  assert.equal(await button(tab, "Put it into the editor").isVisible(), false);
}

export async function two_policies_show_which_calls_change(visitor) {
  const tab = await visitor.tab();
  await paste(tab, "Policy", '{ "version": "1",\n"default": "deny",\n"tools": { "run": {} } }');
  await open(tab, "Timeline");
  await paste(tab, "Calls over time", '{"call":"run"}\n{"call":"stop"}');
  await open(tab, "Compare");
  await button(tab, "Copy the policy here").click();
  const said = tab.getByRole("tabpanel", { name: "Compare" }).getByRole("status");
  await reads(said, /Both policies decide the 2 calls of the timeline alike/);
  await paste(tab, "Another policy", '{ "version": "1",\n"default": "deny",\n"tools": { "stop": {} } }');
  await reads(said, /2 of 2 calls are decided differently/);
  const [, run, stop] = await rows(tab, "Calls that are decided differently").allInnerTexts();
  assert.match(run, /1\s+0s\s+run\s+passes[^]*refused\s+\/default/);
  assert.match(stop, /2\s+1s\s+stop\s+refused\s+\/default[^]*passes/);
  await paste(tab, "Another policy", '{ "version": "1", "defaul": "deny" }');
  await reads(said, /The other policy has a mistake: [^]*defaul/);
  await paste(tab, "Another policy", '{ "version": "1",\n"default": "deny",\n"tools": { "run": { "rate_limit": "1/minute" }, "stop": {} } }');
  await reads(said, /1 of 2 calls are decided differently/);
  assert.match(await editor(tab, "Another policy").innerText(), /"run"[^]*"stop"/, "the old line stands above the new one");
}
