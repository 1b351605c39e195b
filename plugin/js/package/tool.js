// The command line for browsers: fetches the module from beside this file. `tool-node.js` is the same for Node.
import init from "./tool_bindings.js";

export { run, runWithFiles } from "./tool-run.js";

/** Loads the module; later calls do nothing. @param {object} [source] */
export async function load(source) {
  await init({ module_or_path: source ?? new URL("tool_bg.wasm", import.meta.url) });
}
