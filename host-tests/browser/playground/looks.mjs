// Turns the tabs of the playground into pictures, light and dark, wide and narrow, and into the mistakes that axe-core finds.
//
// It judges no picture: a person does.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import { button, open, paste, reads, verdict } from "./visitor.mjs";

// The page's policy admits no script of its own; that of the tool is exempt.
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function page_has_no_mistakes_in_any_tab_scheme_and_width(visitor, { screenshots }) {
  fs.mkdirSync(screenshots, { recursive: true });
  for (const [scheme, width] of ["light", "dark"].flatMap((scheme) => [1280, 360].map((width) => [scheme, width]))) {
    const tab = await visitor.tab({ colorScheme: scheme, viewport: { width, height: 800 } });
    await reads(verdict(tab), /Refused/);
    for (const [name, show] of Object.entries(SHOWN)) {
      await show(tab);
      await judge(tab, `playground-${name}-${scheme}-${width}`, screenshots);
    }
  }
}

/** The states of the page, one after the other. */
const SHOWN = {
  async call(tab) {
    await tab.getByText("Caller and request").click();
    await tab.getByText("Line of the audit log").click();
  },
  async timeline(tab) {
    await open(tab, "Timeline");
    await reads(tab.getByRole("tabpanel").getByRole("status"), /14 calls/);
  },
  async tools(tab) {
    await open(tab, "Tools");
    await tab.getByLabel("Recorded list").selectOption("filesystem");
    await reads(tab.getByRole("region", { name: "Starter policy" }).first(), /version/);
  },
  async compare(tab) {
    await open(tab, "Compare");
    await paste(tab, "Another policy", '{ "version": "1", "default": "deny", "tools": { "search": {} } }');
    await reads(tab.getByRole("tabpanel").getByRole("status"), /decided differently/);
  },
  async mistake(tab) {
    await open(tab, "Call");
    await paste(tab, "Policy", '{ "version": "1", "default": "deny", "tools": { "run": { "den": true } } }');
    await reads(tab.getByRole("list", { name: "Findings" }), /unknown key/);
    await button(tab, "Share").click();
  },
  async examples(tab) {
    await button(tab, "Examples").click();
    await tab.getByRole("dialog").getByText("Recipes").waitFor();
  },
};

async function judge(tab, name, screenshots) {
  await tab.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
  const beyond = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(beyond <= 0, `${name} is ${beyond} pixels wider than the window`);
  await tab.evaluate(AXE);
  const { violations, passes } = await tab.evaluate(() => axe.run());
  assert.ok(passes.length > 10, `${name} is judged`);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200))}`), [], name);
}

export async function page_with_a_mistake_has_one(visitor) {
  const tab = await visitor.tab();
  await tab.evaluate(() => document.documentElement.removeAttribute("lang"));
  await tab.evaluate(AXE);
  const { violations } = await tab.evaluate(() => axe.run());
  assert.deepEqual(violations.map(({ id }) => id), ["html-has-lang"]);
}

export async function person_chooses_dark_and_it_stays(visitor) {
  const tab = await visitor.tab({ colorScheme: "light" });
  const ground = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await button(tab, "Dark").click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await tab.reload();
  assert.equal(await ground(), dark);
  await button(tab, "Light").click();
  assert.equal(await ground(), light);
}

export async function keyboard_alone_changes_tabs_and_leaves_editors(visitor) {
  const tab = await visitor.tab();
  await tab.getByRole("tab", { name: "Call" }).focus();
  for (const [key, name] of [["ArrowRight", "Timeline"], ["End", "Compare"], ["ArrowRight", "Call"], ["ArrowLeft", "Compare"], ["Home", "Call"]]) {
    await tab.keyboard.press(key);
    assert.equal(await tab.getByRole("tab", { selected: true }).innerText(), name);
    assert.equal(await tab.getByRole("tabpanel").count(), 1);
  }
  await paste(tab, "Policy", "{}");
  await tab.keyboard.press("Tab");
  const where = await tab.evaluate(() => document.activeElement.getAttribute("role") ?? document.activeElement.tagName);
  assert.notEqual(where, "DIV", "the tabulator leaves the editor");
}
