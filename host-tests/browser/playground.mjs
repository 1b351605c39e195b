// Turns the folder of the site into plays of persons and attackers at the playground, in a real browser.
//
// It prints one line of JSON for each play, {"play", "failed"}, and {"times"}. It never stops at a play that fails.
// Usage: playground.mjs, with {"part", "site", "server", "chromium", "screenshots"} as JSON on stdin. The part is "use" or "looks".

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { chromium } from "playwright-core";
import { Visitor } from "./playground/visitor.mjs";
import * as edits from "./playground/edits.mjs";
import * as links from "./playground/links.mjs";
import * as looks from "./playground/looks.mjs";
import * as reports from "./playground/reports.mjs";
import { times } from "./playground/times.mjs";

const PARTS = { use: { ...edits, ...reports, ...links }, looks };

const options = JSON.parse(await text(process.stdin));
const server = spawn(process.execPath, [options.server, options.site, "0"], { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => server.kill());
const address = await new Promise((resolve) => createInterface(server.stdout).once("line", resolve));
const browser = await chromium.launch({ executablePath: options.chromium });
for (const [name, play] of Object.entries(PARTS[options.part])) {
  const visitor = new Visitor(browser, address);
  console.log(JSON.stringify({ play: name, failed: await failure(play, visitor) }));
  await visitor.end();
}
if (options.part === "looks") console.log(JSON.stringify({ times: await times(new Visitor(browser, address)) }));
await browser.close();
process.exit();

/** Why a play failed; null for one that passed. */
async function failure(play, visitor) {
  try {
    await play(visitor, options);
    const misdeeds = visitor.taken();
    return misdeeds.length ? `the page did what it must not: ${misdeeds.join("; ")}` : null;
  } catch (error) {
    return `${error.stack ?? error}`;
  }
}
