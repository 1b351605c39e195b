// Turns a program whose default export has `fetch` into a running server: in Bun, in Deno, and in the runtime of Cloudflare Workers.
//
// It never leaves a server behind: each runs while a piece of work does.

import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

const HERE = createRequire(import.meta.url);
const { platform, arch } = process;
const EXE = platform === "win32" ? ".exe" : "";

/** The programs in the packages of this system. Those of `bun` and `deno` themselves need an installation script. */
export const bun = () => HERE.resolve(`@oven/bun-${platform.replace("win32", "windows")}-${arch.replace("arm64", "aarch64")}/bin/bun${EXE}`);
export const deno = () => HERE.resolve(`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno${EXE}`);

/** Bun and Deno keep their caches in the folder, and Deno asks nobody for a newer version. @param {string} folder */
export const inFolder = (folder) => ({
  cwd: folder,
  env: { ...process.env, BUN_RUNTIME_TRANSPILER_CACHE_PATH: path.join(folder, ".bun"), DENO_DIR: path.join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" },
});

/** Runs a server, whose first line is JSON with its port, while `work` has its address. */
async function during(work, program, args, options) {
  const server = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const errors = text(server.stderr);
  try {
    const { value: line } = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
    if (line === undefined) throw new Error(`${program} does not listen`);
    return await work(`http://127.0.0.1:${JSON.parse(line).port}`);
  } catch (error) {
    server.kill();
    throw new Error(`${error.stack}\n${await errors}`);
  } finally {
    server.kill();
  }
}

/** The text of a module that serves another. @param {string} module @param {object} env @param {string} serve */
const entry = (module, env, serve) => `import program from "./${module}";
const env = ${JSON.stringify(env)};
const fetch = (request) => program.fetch(request, env);
${serve}
`;

/** `Bun.serve` of a module of the folder. */
export function inBun(folder, module, env, work) {
  const serve = 'console.log(JSON.stringify({ port: Bun.serve({ hostname: "127.0.0.1", port: 0, fetch }).port }));';
  fs.writeFileSync(path.join(folder, "bun.js"), entry(module, env, serve));
  return during(work, bun(), ["bun.js"], inFolder(folder));
}

/** `Deno.serve` of a module of the folder, which may do nothing but use the network of this machine. */
export function inDeno(folder, module, env, work) {
  const serve = 'Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(JSON.stringify({ port })) }, fetch);';
  fs.writeFileSync(path.join(folder, "deno.js"), entry(module, env, serve));
  return during(work, deno(), ["run", "--no-prompt", "--allow-net=127.0.0.1", "deno.js"], inFolder(folder));
}

/** A Worker of a script of the folder, which has the module of the package beside it. */
export function inWorkerd(folder, script, env, work) {
  const bindings = Object.entries(env).map(([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`);
  const config = path.join(folder, "worker.capnp");
  fs.writeFileSync(config, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .program), (name = "internet", network = (allow = ["local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const program :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "${script}"), (name = "mcp_policy_bg.wasm", wasm = embed "mcp_policy_bg.wasm")],
  bindings = [${bindings}],
  compatibilityDate = "2026-01-01",
);
`);
  return during(work, HERE("workerd").default, ["serve", "--control-fd=1", config]);
}
