// Turns the site into plays: its links, its catalogue, its search and its looks, as a browser has them.
//
// It prints one line of JSON for each play, {"play", "failed"}, then {"policies"}, the policies that pages offer to copy. It never
// stops at a play that fails.
// Usage: site.mjs, with {"site", "hostile", "root", "tool", "chromium", "screenshots"} as JSON on stdin; `site` and `hostile` are
// folders with the site, of the project and of a server that deceives.

import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";
import * as catalogue from "./site_catalogue.mjs";
import * as links from "./site_links.mjs";
import * as looks from "./site_looks.mjs";
import { SiteScene } from "./site_scene.mjs";

/** Two at a time: one of the plays takes half of the time of all. */
const { site_has_no_mistakes_in_any_scheme_and_width, ...others } = looks;
const LANES = [{ site_has_no_mistakes_in_any_scheme_and_width }, { ...links, ...catalogue, ...others }];

const options = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({ executablePath: options.chromium });
const policies = await Promise.all(LANES.map(play));
console.log(JSON.stringify({ policies: Object.assign({}, ...policies) }));
await browser.close();
process.exit();

/** Plays one after the other; returns the policies that they found. */
async function play(lane) {
  const scene = await SiteScene.start(browser, options);
  for (const [name, one] of Object.entries(lane)) console.log(JSON.stringify({ play: name, failed: await failure(one, scene) }));
  return scene.policies;
}

/** Why a play failed; null for one that passed. */
async function failure(play, scene) {
  try {
    await play(scene);
    const misdeeds = scene.taken();
    return misdeeds.length ? `pages did what they must not: ${misdeeds.join("; ")}` : null;
  } catch (error) {
    return `${error.stack ?? error}`;
  } finally {
    await scene.leave();
  }
}
