// Turns the folders of sites into addresses and tabs, and notes whatever a page does besides being read.
//
// It serves files as a plain file server does, and decides nothing about them.

import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml" };
const WIDE = { width: 1280, height: 800 };

export class SiteScene {
  /** What pages did that they must not: opened a dialog, wrote to the console, failed, or asked another origin. */
  misdeeds = [];
  contexts = [];
  /** The policies that pages offer to copy, by their addresses. */
  policies = {};

  static async start(browser, options) {
    const scene = new SiteScene();
    // Below a path, since a site may stand beside others.
    const folders = { "/some/path/": options.site, "/hostile/": options.hostile };
    const origin = await serve(folders);
    return Object.assign(scene, { browser, options, origin, site: `${origin}/some/path/`, hostile: `${origin}/hostile/` });
  }

  async tab(options = {}) {
    const context = await this.browser.newContext({ viewport: WIDE, ...options });
    this.contexts.push(context);
    context.setDefaultTimeout(10_000);
    const tab = await context.newPage();
    const note = (what) => this.misdeeds.push(`${tab.url()}: ${what}`);
    tab.on("dialog", (dialog) => (note(`dialog ${dialog.message()}`), dialog.dismiss()));
    tab.on("pageerror", (error) => note(`error ${error}`));
    tab.on("console", (message) => note(`console ${message.text()}`));
    tab.on("request", (request) => {
      if (!request.url().startsWith(`${this.origin}/`)) note(`asked for ${request.url()}`);
    });
    return tab;
  }

  async leave() {
    for (const context of this.contexts.splice(0)) await context.close();
  }

  /** The misdeeds since the last call. */
  taken() {
    return this.misdeeds.splice(0);
  }
}

/** All files below a folder, by their paths in it. */
export function filesIn(folder) {
  const entries = fs.readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

function serve(folders) {
  const server = http.createServer((request, response) => {
    const file = placeOf(folders, decodeURIComponent(new URL(request.url, "http://site").pathname));
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "text/plain" });
    fs.createReadStream(file).pipe(response);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(`http://127.0.0.1:${server.address().port}`)));
}

function placeOf(folders, asked) {
  const [base, folder] = Object.entries(folders).find(([base]) => asked.startsWith(base)) ?? [];
  const file = base && path.join(folder, path.normalize(asked.slice(base.length)));
  return file && fs.existsSync(file) && fs.statSync(file).isFile() ? file : undefined;
}
