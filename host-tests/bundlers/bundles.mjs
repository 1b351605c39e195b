// Turns a user's program into the output of each bundler, without a configuration file, and runs it: in Node, in a browser, in the
// runtime of Cloudflare Workers. Bun and Deno run the program itself.
//
// It prints one line of JSON for each way, {"way", "told"} or {"way", "failed"}, and never stops at a way that fails.
// Usage: bundles.mjs, with {"folder", "package", "chromium"} as JSON on stdin: a folder to build in, which can import the package, the
// package, and a browser.

import { execFile } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { createServer } from "vite";
import { bun, deno, inFolder, inWorkerd } from "./running.mjs";

const options = JSON.parse(await text(process.stdin));
const HERE = createRequire(import.meta.url);
const run = promisify(execFile);
const PROGRAM = "src/index.js";
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Runs a program of a package, as a line in a terminal does. */
const tool = (name, file, ...args) => {
  const program = path.join(path.dirname(HERE.resolve(`${name}/package.json`)), file);
  return run(process.execPath, [program, ...args], { cwd: options.folder });
};
const esbuild = (...args) => tool("esbuild", "bin/esbuild", PROGRAM, "--bundle", "--log-level=warning", ...args);
const webpack = (...args) => tool("webpack-cli", "bin/cli.js", "build", "--mode=production", ...args);
const node = async (...args) => JSON.parse((await run(process.execPath, args, { cwd: options.folder })).stdout);

/** What the page tells as its title. Everything that it prints or asks for in vain is a failure. */
async function shown(address) {
  const tab = await browser.newPage();
  const faults = [];
  tab.on("pageerror", (error) => faults.push(`${error}`));
  tab.on("requestfailed", (request) => faults.push(`no ${request.url()}`));
  tab.on("response", (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`));
  await tab.goto(address);
  const told = await tab.waitForFunction(() => document.title, undefined, { timeout: 30_000 }).catch(() => undefined);
  const title = told && (await told.jsonValue());
  await tab.close();
  if (!title || faults.length) throw new Error(`the page tells ${title}: ${faults.join("; ")}`);
  return JSON.parse(title);
}

/** The same for the page of a folder, which a server of plain files delivers. */
async function page(folder, html) {
  const root = path.join(options.folder, folder);
  if (html) fs.writeFileSync(path.join(root, "index.html"), `<!doctype html><link rel="icon" href="data:,"><body>${html}</body>`);
  const server = http.createServer((request, response) => {
    const file = path.join(root, request.url === "/" ? "index.html" : request.url);
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": KINDS[path.extname(file)] }).end(fs.readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    return await shown(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.close();
  }
}

const WAYS = {
  "Node": () => node(PROGRAM),
  // Bun would serve a first module whose default export has `fetch`.
  "Bun": async () => JSON.parse((await run(bun(), ["--eval", `import "./${PROGRAM}"`], inFolder(options.folder))).stdout),
  "Deno": async () => JSON.parse((await run(deno(), ["run", "--no-prompt", PROGRAM], inFolder(options.folder))).stdout),
  "Node with require": () => node("--no-warnings", "--eval", `require("./${PROGRAM}")`),
  async "esbuild for Node, CommonJS"() {
    await esbuild("--platform=node", "--format=cjs", "--outfile=node-cjs/out.cjs");
    return node("node-cjs/out.cjs");
  },
  async "esbuild for Node, modules"() {
    await esbuild("--platform=node", "--format=esm", "--outfile=node-esm/out.mjs");
    return node("node-esm/out.mjs");
  },
  async "esbuild for browsers, one script"() {
    await esbuild("--outfile=iife/out.js");
    return page("iife", '<script src="out.js"></script>');
  },
  async "esbuild for browsers, modules"() {
    await esbuild("--format=esm", "--outfile=esm/out.js");
    return page("esm", '<script type="module" src="out.js"></script>');
  },
  async "Vite"() {
    await tool("vite", "bin/vite.js", "build", "--logLevel=warn");
    return page("dist");
  },
  async "Vite while developing"() {
    const server = await createServer({ root: options.folder, configFile: false, logLevel: "warn", server: { host: "127.0.0.1", port: 0 } });
    try {
      await server.listen();
      return await shown(server.resolvedUrls.local[0]);
    } finally {
      await server.close();
    }
  },
  async "webpack for browsers"() {
    await webpack("--output-path=webpack");
    return page("webpack", '<script src="main.js"></script>');
  },
  async "webpack for Node"() {
    await webpack("--target=node", "--output-path=webpack-node", "--output-filename=main.cjs");
    return node("webpack-node/main.cjs");
  },
  async "Cloudflare Workers"() {
    await esbuild("--format=esm", "--conditions=workerd", "--external:*.wasm", "--outfile=worker/worker.js");
    fs.copyFileSync(path.join(options.package, "mcp_policy_bg.wasm"), path.join(options.folder, "worker/mcp_policy_bg.wasm"));
    return inWorkerd(path.join(options.folder, "worker"), "worker.js", {}, async (at) => (await fetch(at)).json());
  },
};

fs.rmSync(options.folder, { recursive: true, force: true });
fs.mkdirSync(path.join(options.folder, "src"), { recursive: true });
fs.writeFileSync(path.join(options.folder, "package.json"), '{ "type": "module" }\n');
fs.copyFileSync(new URL("program.js", import.meta.url), path.join(options.folder, PROGRAM));
fs.writeFileSync(path.join(options.folder, "index.html"), `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/${PROGRAM}"></script>\n`);
const browser = await chromium.launch({ executablePath: options.chromium });
for (const [way, told] of Object.entries(WAYS)) {
  const line = await told().then((told) => ({ told }), (error) => ({ failed: `${error.stack}${error.stdout ?? ""}` }));
  console.log(JSON.stringify({ way, ...line }));
}
await browser.close();
process.exit();
