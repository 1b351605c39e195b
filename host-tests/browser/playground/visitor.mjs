// Turns the address of the playground into tabs, and notes all that a page does besides being shown.
//
// It finds fields and results by the labels that a person reads.

import assert from "node:assert/strict";

const WIDE = { width: 1280, height: 800 };
const PASTE = ["clipboard-read", "clipboard-write"];

export class Visitor {
  /** The misdeeds of pages: opened a dialog, wrote to the console, failed, or asked another server for anything. */
  misdeeds = [];
  contexts = [];

  constructor(browser, address) {
    Object.assign(this, { browser, address, origin: new URL(address).origin });
  }

  /** A tab that shows the page with the decision about its first call. */
  async tab({ fragment = "", ...options } = {}) {
    const context = await this.browser.newContext({ viewport: WIDE, permissions: PASTE, ...options });
    this.contexts.push(context);
    context.setDefaultTimeout(15_000);
    const tab = await context.newPage();
    this.#watch(tab);
    await tab.goto(this.address + fragment, { waitUntil: "networkidle" });
    return tab;
  }

  #watch(tab) {
    const note = (what) => this.misdeeds.push(what);
    tab.on("dialog", (dialog) => (note(`dialog ${dialog.message()}`), dialog.dismiss()));
    tab.on("pageerror", (error) => note(`error ${error}`));
    tab.on("console", (message) => note(`console ${message.text()}`));
    tab.on("request", (request) => {
      if (new URL(request.url()).origin !== this.origin) note(`asked for ${request.url()}`);
    });
  }

  async end() {
    for (const context of this.contexts) await context.close();
  }

  /** The misdeeds since the last call. */
  taken() {
    return this.misdeeds.splice(0);
  }
}

export const editor = (tab, name) => tab.getByRole("textbox", { name, exact: true });
export const button = (tab, name) => tab.getByRole("button", { name, exact: true });
export const open = (tab, name) => tab.getByRole("tab", { name, exact: true }).click();
/** The verdict, as readers of the screen get it. */
export const verdict = (tab) => tab.getByRole("region", { name: "Decision" }).getByRole("status");
export const rows = (tab, table) => tab.getByRole("table", { name: table }).getByRole("row");

/** Pastes a text in the place of all that an editor has. */
export async function paste(tab, name, text) {
  await tab.evaluate((text) => navigator.clipboard.writeText(text), text);
  await editor(tab, name).click();
  await tab.keyboard.press("Control+A");
  await tab.keyboard.press("Control+V");
}

/** The whole text of an editor, by its own copy. */
export async function copied(tab, name) {
  await tab.evaluate(() => navigator.clipboard.writeText("nothing was copied"));
  await editor(tab, name).click();
  await tab.keyboard.press("Control+A");
  await tab.keyboard.press("Control+C");
  return tab.evaluate(() => navigator.clipboard.readText());
}

/** Waits until a place reads as it must. */
export async function reads(place, pattern) {
  const end = Date.now() + 15_000;
  let text;
  do {
    text = (await place.count()) ? await place.first().innerText() : "(not there)";
    if (pattern.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() < end);
  assert.match(text, pattern);
}
