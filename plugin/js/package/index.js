// Loads the module from its text in a script: at once, without a file or a connection, so that it works wherever scripts do.
// Everything else is in `mcp_policy.js`.
import { initSync } from "./mcp_policy.js";
import text from "./mcp_policy_text.js";

function decoded() {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  // `Uint8Array.from` takes thirty times as long.
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
}

initSync({ module: new WebAssembly.Module(decoded()) });

export { Exchange, Policy, Store, unavailable } from "./mcp_policy.js";
