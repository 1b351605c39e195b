// Turns the tokens of persons into browsers at the page of approvals, and notes whatever a page does besides being shown.
//
// It never clicks.

/** What the browser itself writes about a page that is an error. */
const STATUS = /^Failed to load resource: the server responded with a status of/;
const WIDE = { width: 1280, height: 800 };

export class Scene {
  /** What pages did that they must not: opened a dialog, wrote to the console, failed, or asked for anything else. */
  misdeeds = [];
  contexts = [];

  constructor(browser, { gateway, page, tokens }, agents) {
    Object.assign(this, { browser, gateway, list: `${gateway}${page}`, tokens, agent: agents.agent, ada: agents.ada });
  }

  address(id) {
    return `${this.list}/${id}`;
  }

  /** A tab of this person, or of a visitor without a token. With `everywhere`, the pages of other sites send the token too. */
  async tab(person, { everywhere = false, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: WIDE, ...options });
    this.contexts.push(context);
    context.setDefaultTimeout(10_000);
    const tab = await context.newPage();
    if (person) await this.#sign_in(tab, `session=${this.tokens[person]}; HttpOnly; SameSite=${everywhere ? "None; Secure" : "Strict"}`);
    this.#watch(tab);
    return tab;
  }

  /** A sign-in of the gateway's host, which hands out the cookie. The browser must not ask for its icon. */
  async #sign_in(tab, cookie) {
    const address = `${this.gateway}/sign-in`;
    const headers = { "set-cookie": cookie, "content-security-policy": "default-src 'none'" };
    await tab.route(address, (route) => route.fulfill({ headers }));
    await tab.goto(address);
    await tab.unroute(address);
  }

  #watch(tab) {
    const note = (what) => this.misdeeds.push(`${tab.url()}: ${what}`);
    tab.on("dialog", (dialog) => (note(`dialog ${dialog.message()}`), dialog.dismiss()));
    tab.on("pageerror", (error) => note(`error ${error}`));
    tab.on("console", (message) => {
      if (!STATUS.test(message.text())) note(`console ${message.text()}`);
    });
    tab.on("request", (request) => {
      if (!request.isNavigationRequest()) note(`asked for ${request.url()}`);
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

/** The text of a page as a person reads it. */
export const read = (tab) => tab.locator("body").innerText();
export const button = (tab, name) => tab.getByRole("button", { name, exact: true });
export const reason = (tab) => tab.getByLabel("Reason");
/** The state at the top of an approval. */
export const state = (tab) => tab.locator("p.s strong").innerText();
