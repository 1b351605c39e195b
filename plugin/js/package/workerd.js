// Loads the module as Cloudflare Workers do, which compile none from bytes. Everything else is in `mcp_policy.js`.
import { initSync } from "./mcp_policy.js";
import module from "./mcp_policy_bg.wasm";

initSync({ module });

export { Exchange, Policy, Store, unavailable } from "./mcp_policy.js";
