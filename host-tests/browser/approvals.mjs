// Turns a gateway with a page of approvals into plays of persons, agents and attackers in a real browser.
//
// It prints one line of JSON for each play, {"play", "failed"}, then {"ran"}, the number of calls that agents saw run. It never
// stops at a play that fails.
// Usage: approvals.mjs, with {"gateway", "page", "tokens", "chromium", "screenshots"} as JSON on stdin.

import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";
import { Agent } from "./agent.mjs";
import * as decisions from "./decisions.mjs";
import { doubtful_texts_are_counted_beside_the_form, hostile_call_is_shown_whole_and_runs_nothing } from "./hostile.mjs";
import * as intruders from "./intruders.mjs";
import { page_with_a_mistake_has_one, pages_have_no_mistakes_in_any_scheme_and_width } from "./looks.mjs";
import { Scene } from "./scene.mjs";

/** Two at a time: one of the plays takes half of the time of all. */
const LANES = [
  { pages_have_no_mistakes_in_any_scheme_and_width },
  { ...decisions, ...intruders, hostile_call_is_shown_whole_and_runs_nothing, doubtful_texts_are_counted_beside_the_form, page_with_a_mistake_has_one },
];

const options = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({ executablePath: options.chromium });
await Promise.all(LANES.map(play));
console.log(JSON.stringify({ ran: Agent.ran }));
await browser.close();
process.exit();

async function play(lane) {
  for (const [name, plays] of Object.entries(lane)) {
    const agents = Object.fromEntries(["agent", "ada"].map((name) => [name, new Agent(options.gateway, options.tokens[name])]));
    const scene = new Scene(browser, options, agents);
    const failed = await failure(plays, scene);
    await scene.end();
    console.log(JSON.stringify({ play: name, failed }));
  }
}

/** Why a play failed; null for one that passed. */
async function failure(plays, scene) {
  try {
    await plays(scene, options);
    const misdeeds = scene.taken();
    return misdeeds.length ? `pages did what they must not: ${misdeeds.join("; ")}` : null;
  } catch (error) {
    return `${error.stack ?? error}`;
  }
}
