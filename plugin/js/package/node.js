// Loads the module from its file. Everything else is in `mcp_policy.js`.
import { readFileSync } from "node:fs";
import { initSync } from "./mcp_policy.js";

initSync({ module: readFileSync(new URL("mcp_policy_bg.wasm", import.meta.url)) });

export { Exchange, Policy, Store, unavailable } from "./mcp_policy.js";
