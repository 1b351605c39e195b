// Turns a policy and a call into the address at which the playground opens with them.
//
// It sends nothing: browsers keep this part of an address to themselves.

import { deflateRawSync } from "node:zlib";

/**
 * The address, from the root of the site. The playground reads what follows the `#` as its share links: the state as JSON, packed.
 *
 * @param {object} policy
 * @param {{ tool: string, arguments?: object }} [call] a call of a tool, which the playground decides at once
 */
export function playgroundAddress(policy, call) {
  const message = call && { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: call.tool, arguments: call.arguments ?? {} } };
  const state = { v: 1, policy: JSON.stringify(policy, null, 2), ...(message && { call: { message: JSON.stringify(message, null, 2) } }) };
  return `playground/index.html#s=${deflateRawSync(JSON.stringify(state)).toString("base64url")}`;
}
