// Turns a folder into the answers of a web server on this machine.
//
// It answers no other machine, writes nothing, and leaves the folder for no path.
//
// node serve.mjs FOLDER PORT

import fs from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const [FOLDER = ".", PORT = "8000"] = process.argv.slice(2);
const ROOT = fs.realpathSync(FOLDER);
/** @type {Record<string, string>} */
const KINDS = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8" };

/** For the scripts of workers, which the policy in a page does not bind. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param {string} target @returns {string | undefined} */
function fileOf(target) {
  try {
    const { pathname } = new URL(target, "http://localhost");
    const file = path.join(ROOT, decodeURIComponent(pathname), pathname.endsWith("/") ? "index.html" : "");
    const real = fs.realpathSync(file);
    return real.startsWith(ROOT + path.sep) && fs.statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

const server = createServer(({ method, url = "/" }, response) => {
  const file = method === "GET" || method === "HEAD" ? fileOf(url) : undefined;
  if (!file) return response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
  const headers = { "content-type": KINDS[path.extname(file)] ?? "application/octet-stream", "cache-control": "no-cache", "x-content-type-options": "nosniff", "content-security-policy": POLICY };
  response.writeHead(200, headers).end(method === "HEAD" ? undefined : fs.readFileSync(file));
});

server.listen(Number(PORT), "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${address.port}/playground/`);
});
