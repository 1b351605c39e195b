// Fetches the module from beside this file. Everything else is in `mcp_policy.js`.
import load from "./mcp_policy.js";

await load();

export { Exchange, Policy, Store, unavailable } from "./mcp_policy.js";
