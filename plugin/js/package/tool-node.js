// The command line for Node: loads the module from its file. `tool.js` is the same for browsers.
import { readFileSync } from "node:fs";
import { initSync } from "./tool_bindings.js";

export { run, runWithFiles } from "./tool-run.js";

initSync({ module: readFileSync(new URL("tool_bg.wasm", import.meta.url)) });

/** The module is loaded already: so that programs for both load it. */
export async function load() {}
