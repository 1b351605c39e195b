// Turns a page of each kind into pictures, light and dark, wide and narrow, and into the mistakes that axe-core finds in it; and a
// person who searches into what is found.
//
// It judges no picture: a person does.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Each scheme and each width once: neither has a rule about the other. */
const LOOKS = [["light", 1280], ["dark", 360]];

/** A page of each kind, the longest where there is one. */
const PAGES = {
  front: "index.html",
  documents: "documents/index.html",
  readme: "documents/README.html",
  language: "documents/policies/LANGUAGE.html",
  plots: "documents/host-tests/benches/results/gateway.html",
  catalogue: "catalogue/index.html",
  server: "catalogue/servers/kubernetes/index.html",
  tool: "catalogue/servers/slack/slack_post_message.html",
  denied: "catalogue/servers/kubernetes/kubectl_create.html",
  unlisted: "catalogue/servers/test-runner/run.html",
  attacks: "catalogue/attacks/index.html",
  attack: "catalogue/attacks/approval-with-markup.html",
  smuggling: "catalogue/attacks/header-body-mismatch.html",
  access: "catalogue/access/reads-files.html",
  class: "catalogue/classes/financial.html",
};

export async function site_has_no_mistakes_in_any_scheme_and_width(scene) {
  const { screenshots } = scene.options;
  fs.mkdirSync(screenshots, { recursive: true });
  for (const [colorScheme, width] of LOOKS) {
    const tab = await scene.tab({ colorScheme, viewport: { width, height: 1600 } });
    for (const [kind, page] of Object.entries(PAGES)) await judge(tab, scene.site + page, `${screenshots}/site-${kind}-${colorScheme}-${width}.png`);
  }
}

async function judge(tab, address, picture) {
  await tab.goto(address);
  await tab.screenshot({ path: picture, timeout: 60_000 });
  const style = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(style, "rgba(0, 0, 0, 0)", `${address} has its style`);
  const beyond = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(beyond, 0, `${picture} is as wide as the window`);
  const { violations, passes } = await axe(tab);
  assert.ok(passes.length > 10, `${address} is judged`);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200))}`), [], picture);
}

async function axe(tab) {
  await tab.evaluate(AXE);
  return tab.evaluate(() => axe.run());
}

export async function site_with_a_mistake_has_one(scene) {
  const tab = await scene.tab();
  await tab.goto(scene.site + PAGES.tool);
  await tab.evaluate(() => document.documentElement.removeAttribute("lang"));
  const { violations } = await axe(tab);
  assert.deepEqual(violations.map(({ id }) => id), ["html-has-lang"]);
}

async function found(tab, query) {
  await tab.getByRole("searchbox").fill(query);
  await tab.getByRole("status").getByText(/result/).waitFor();
  return tab.locator("#results a").evaluateAll((links) => links.map((link) => `${new URL(link.href).pathname.split("/").slice(-3).join("/")}`));
}

/** No server of the catalogue has a tool of these names; a person who searches for one still finds what to do about it. */
export async function search_finds_what_to_do_about_a_tool(scene) {
  const tab = await scene.tab();
  await tab.goto(scene.site + PAGES.catalogue);
  const sql = await found(tab, "execute_sql");
  for (const page of ["catalogue/access/runs-sql.html", "servers/sqlite/read_query.html", "servers/postgres/query.html"]) assert.ok(sql.includes(page), `${page} in ${sql}`);
  const mail = await found(tab, "send_email");
  for (const page of ["catalogue/access/writes-to-people.html", "servers/slack/slack_post_message.html", "catalogue/attacks/read-then-send.html"]) assert.ok(mail.includes(page), `${page} in ${mail}`);
  assert.equal((await found(tab, "createRefund"))[0], "servers/stripe/create_refund.html");
  assert.deepEqual(await found(tab, "zzzz"), []);
  await tab.getByRole("searchbox").fill("limits of a fleet");
  await tab.getByRole("link", { name: "Limits of a fleet", exact: true }).click();
  await tab.waitForURL(/LANGUAGE\.html#limits-of-a-fleet$/);
}

export async function keys_alone_reach_the_content_and_a_tool(scene) {
  const tab = await scene.tab();
  await tab.goto(scene.site + PAGES.server);
  await tab.keyboard.press("Tab");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.evaluate(() => document.activeElement.id), "content");
  for (let presses = 0; presses < 20 && !(await tab.evaluate(() => document.activeElement.closest("table"))); presses += 1) await tab.keyboard.press("Tab");
  await tab.keyboard.press("Enter");
  await tab.waitForURL(/servers\/kubernetes\/[a-z_]+\.html$/);
}

export async function site_without_scripts_is_read_whole(scene) {
  const tab = await scene.tab({ javaScriptEnabled: false });
  await tab.goto(scene.site + PAGES.catalogue);
  assert.equal(await tab.getByRole("searchbox").count(), 0, "a search that cannot work is not shown");
  await tab.getByRole("link", { name: "Runs SQL" }).click();
  await tab.getByRole("link", { name: "read_query" }).click();
  await tab.getByRole("heading", { name: "What to do about it" }).waitFor();
  await tab.getByRole("navigation", { name: "On this page" }).getByRole("link", { name: "What it takes" }).click();
  await tab.waitForURL(/read_query\.html#parameters$/);
}
