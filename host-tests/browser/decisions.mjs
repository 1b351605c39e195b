// Plays persons who decide calls, by clicks and by the keyboard alone, and agents that call again.
//
// It never speaks to the page except through the browser.

import assert from "node:assert/strict";
import { button, read, reason, state } from "./scene.mjs";

export async function approved_call_passes_once(scene) {
  const call = ["deploy", { service: "web", by: "click" }];
  const id = await scene.agent.asks(...call);
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(id));
  assert.equal(await state(tab), "pending");
  await button(tab, "Approve").click();
  assert.equal(await state(tab), "approved");
  assert.equal(await button(tab, "Approve").count(), 0);
  assert.match(await read(tab), /Decided by\s+ada \(release\)\s+Decided\s+\d seconds? ago/);
  assert.equal((await scene.agent.calls("deploy", { service: "web", by: "another" })).ran, false);
  assert.equal((await scene.agent.calls(...call)).ran, true);
  const again = await scene.agent.calls(...call);
  assert.equal(again.ran, false);
  assert.notEqual(again.id, id);
  await tab.reload();
  assert.equal(await state(tab), "used");
}

export async function model_reads_why_its_call_was_refused(scene) {
  const call = ["deploy", { service: "refused" }];
  const id = await scene.agent.asks(...call);
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(id));
  await reason(tab).fill("Not on a Friday: ticket OPS-12 & “later”");
  await button(tab, "Refuse").click();
  assert.equal(await state(tab), "refused");
  assert.match(await read(tab), /Not on a Friday: ticket OPS-12 & “later”/);
  const { ran, said } = await scene.agent.calls(...call);
  assert.equal(ran, false);
  assert.match(said, /A person refused this call.*Not on a Friday: ticket OPS-12 & “later”/);
}

/** Presses Tab until a button of this name has the focus. */
async function tab_to(tab, name) {
  for (let pressed = 0; pressed < 30; pressed += 1) {
    await tab.keyboard.press("Tab");
    const focused = tab.locator(":focus");
    if ((await focused.count()) && (await focused.innerText()) === name) return;
  }
  assert.fail(`the keyboard does not reach ${name}`);
}

export async function keyboard_alone_decides(scene) {
  for (const [name, key, outcome] of [["Approve", "Enter", "approved"], ["Refuse", "Space", "refused"]]) {
    const call = ["deploy", { service: "keyboard", name, key }];
    const id = await scene.agent.asks(...call);
    const tab = await scene.tab("ada");
    await tab.goto(scene.address(id));
    await tab_to(tab, name);
    const ring = await tab.locator(":focus").evaluate((element) => getComputedStyle(element).outlineWidth);
    assert.equal(ring, "3px", "the focus is seen");
    await tab.keyboard.press(key);
    await tab.waitForLoadState();
    await tab.getByText("Decided by").waitFor();
    assert.equal(await state(tab), outcome, `${name} by ${key}`);
    assert.equal((await scene.agent.calls(...call)).ran, outcome === "approved");
    await tab.context().close();
  }
}

export async function enter_key_in_the_reason_sends_nothing(scene) {
  const id = await scene.agent.asks("deploy", { service: "enter" });
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(id));
  const sent = [];
  tab.on("request", (request) => sent.push(`${request.method()} ${request.url()}`));
  await reason(tab).fill("because");
  await tab.keyboard.press("Enter");
  await tab.waitForTimeout(300);
  assert.deepEqual(sent, []);
  assert.equal(await state(tab), "pending");
  await button(tab, "Refuse").click();
  assert.deepEqual(sent.map((line) => line.split(" ")[0]), ["POST", "GET"], "the control: a button sends the form");
}

export async function list_leads_to_the_call(scene) {
  const id = await scene.agent.asks("deploy", { service: "listed" });
  const tab = await scene.tab("ada");
  await tab.goto(scene.list);
  const row = tab.getByRole("row").filter({ has: tab.locator(`a[href$="${id}"]`) });
  assert.match(await row.innerText(), /tool deploy[^]*sub=agent[^]*in 1[45] minutes/);
  await row.getByRole("link").click();
  assert.equal(tab.url(), scene.address(id));
  await button(tab, "Refuse").click();
  await tab.getByRole("link", { name: "Pending approvals" }).click();
  assert.equal(await tab.locator(`a[href$="${id}"]`).count(), 0);
}

export async function second_person_learns_that_it_is_decided(scene) {
  const call = ["deploy", { service: "two persons" }];
  const id = await scene.agent.asks(...call);
  const [ada, bob] = [await scene.tab("ada"), await scene.tab("bob")];
  for (const tab of [ada, bob]) await tab.goto(scene.address(id));
  await button(ada, "Approve").click();
  assert.equal(await state(ada), "approved");
  await button(bob, "Refuse").click();
  assert.match(await read(bob), /decided already/);
  await bob.getByRole("link", { name: "Check again" }).click();
  assert.equal(await state(bob), "approved");
  assert.match(await read(bob), /Decided by\s+ada \(release\)/);
  assert.equal((await scene.agent.calls(...call)).ran, true);
}

export async function caller_cannot_decide_its_own_call(scene) {
  const call = ["deploy", { service: "own call" }];
  const id = await scene.ada.asks(...call);
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(id));
  assert.match(await read(tab), /This call is your own, so another person has to decide it/);
  assert.equal(await button(tab, "Approve").count(), 0);
  const other = await scene.tab("bob");
  await other.goto(scene.address(id));
  await button(other, "Approve").click();
  assert.equal((await scene.ada.calls(...call)).ran, true, "the control: another person can");
}
