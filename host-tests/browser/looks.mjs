// Turns each page into pictures, light and dark, wide and narrow, and into the mistakes that axe-core finds in it.
//
// It judges no picture: a person does.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import { CALL, LONG } from "./hostile.mjs";
import { button } from "./scene.mjs";

// A page's policy admits no script of its own; that of the tool is exempt.
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PLAIN = { service: "web", version: "1.4.2", replicas: 3, force: false, targets: ["eu-1", "us-2"], limits: { cpu: "2", memory: 2.5 } };

/** The address of each page, and its visitor. */
async function pages(scene) {
  const pending = await scene.agent.asks("deploy", PLAIN);
  const input = { requestState: "step 2", inputResponses: { confirm: { action: "accept", content: { environment: "production", "downtime minutes": 15 } } } };
  const answering = await scene.agent.asks("deploy", { service: "answers" }, input);
  const decided = await scene.agent.asks("deploy", { service: "decided" });
  const [name, args, ...more] = CALL;
  const hostile = await scene.agent.asks(name, { ...args, long: LONG.slice(-500) }, ...more);
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(decided));
  await tab.getByLabel("Reason").fill("Not today");
  await button(tab, "Refuse").click();
  await tab.context().close();
  return {
    list: [scene.list, "ada"],
    pending: [scene.address(pending), "ada"],
    input: [scene.address(answering), "ada"],
    decided: [scene.address(decided), "ada"],
    hostile: [scene.address(hostile), "ada"],
    status: [scene.address(pending), undefined],
    notice: [scene.list, undefined],
  };
}

export async function pages_have_no_mistakes_in_any_scheme_and_width(scene, { screenshots }) {
  fs.mkdirSync(screenshots, { recursive: true });
  const all = Object.entries(await pages(scene));
  const looks = ["light", "dark"].flatMap((scheme) => [1280, 390].map((width) => [scheme, width]));
  await Promise.all(looks.map(async ([scheme, width]) => {
    const options = { colorScheme: scheme, viewport: { width, height: 800 } };
    const tabs = { ada: await scene.tab("ada", options), undefined: await scene.tab(undefined, options) };
    for (const [name, [address, visitor]] of all) {
      await tabs[visitor].goto(address);
      await judge(tabs[visitor], `${name}-${scheme}-${width}`, screenshots);
    }
  }));
  scene.taken();
}

async function judge(tab, name, screenshots) {
  await tab.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
  const style = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(style, "rgba(0, 0, 0, 0)", `${name} has its style`);
  const beyond = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(beyond, 0, `${name} is as wide as the window`);
  await tab.evaluate(AXE);
  const { violations, passes } = await tab.evaluate(() => axe.run());
  assert.ok(passes.length > 10, `${name} is judged`);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200))}`), [], name);
}

export async function page_with_a_mistake_has_one(scene) {
  const tab = await scene.tab("ada");
  await tab.goto(scene.list);
  await tab.evaluate(() => document.documentElement.removeAttribute("lang"));
  await tab.evaluate(AXE);
  const { violations } = await tab.evaluate(() => axe.run());
  assert.deepEqual(violations.map(({ id }) => id), ["html-has-lang"]);
  scene.taken();
}
