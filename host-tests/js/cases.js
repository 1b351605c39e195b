// Reads cases, one a line of JSON, and writes a line with the outcomes of each: what the programs that play the corpus share.
//
// It knows neither the policy's decisions nor the expected outcomes.
import { Policy } from "mcp-policy";

/**
 * @typedef {{ policy: string, steps: Request[], arrivals: Arrival[][] }} Case
 * @typedef {{ headers: string[], body: string, peer: string, verified: Record<string, string | null>, cluster: string | null, sentTo: string | null, now: number, respond: Respond | null }} Request
 * @typedef {{ status: number, headers: string[], body: string }} Respond the server's response
 * @typedef {{ end: boolean, pieces: [number, boolean][], trailers: boolean, response: [number, boolean][],
 *   responseTrailers: boolean }} Arrival the pieces of a request's body: the length of each, and whether it ends the
 *   request; and those of its response likewise
 */

const KEY = "a key of cases, which is no secret";
const ENVIRONMENT = { MCP_POLICY_APPROVAL_KEY: KEY, MCP_POLICY_APPROVAL_KEY_2: KEY };

/** A map with a version for each write, in which a store can start anew for each case. */
export class Memory {
  /** @type {Map<string, import("mcp-policy").Cell>} */
  cells = new Map();
  writes = 0;

  /** @param {string} key */
  read(key) {
    return this.cells.get(key);
  }

  /** @param {string} key @param {Uint8Array} bytes @param {number | undefined} version */
  compareAndSwap(key, bytes, version) {
    if (this.cells.get(key)?.version !== version) return false;
    this.cells.set(key, { bytes, version: ++this.writes });
    return true;
  }
}

/** The policy, or the line about its errors. @param {string} text @returns {Policy | { refused: string[], problems: number }} */
export function parsed(text) {
  try {
    return Policy.parse(Buffer.from(text), ENVIRONMENT);
  } catch (error) {
    const refused = /** @type {import("mcp-policy").PolicyError} */ (error);
    return { refused: refused.message.split("\n"), problems: refused.problems.length };
  }
}

/** The members that are not null. @param {Record<string, string | null>} verified */
export function given(verified) {
  return Object.fromEntries(Object.entries(verified).filter(([, value]) => value !== null));
}

/** The parts of earlier answers that later requests repeat. */
export class Captured {
  /** @type {Map<string, string>} */
  values = new Map();

  /** @param {string} text */
  filled(text) {
    for (const [placeholder, value] of this.values) text = text.replaceAll(placeholder, value);
    return text;
  }

  /** The request with the values, and its pieces. @template {Request} R @param {R} request @param {Arrival} whole */
  request(request, whole) {
    const headers = request.headers.map((text) => this.filled(text));
    const body = this.filled(request.body);
    // A body that was filled has another length, so it comes in one piece.
    const arrival = body === request.body ? whole : { ...whole, pieces: /** @type {[number, boolean][]} */ ([[body.length, true]]) };
    return { request: { ...request, headers, body }, arrival };
  }

  /** @param {string} body */
  learn(body) {
    if (!body.startsWith("{")) return;
    const { csrf, result, error } = JSON.parse(body);
    const decision = result?._meta?.["mcp-policy/decision"] ?? error?.data;
    const id = decision?.approvalUrl?.split("/").at(-1);
    for (const [name, value] of Object.entries({ approval: id, state: result?.requestState, token: csrf })) {
      if (value !== undefined) this.values.set(`{${name}}`, value);
    }
  }
}

/** The pieces of a body. @param {string} body each character is one byte @param {[number, boolean][]} pieces */
export function cut(body, pieces) {
  const bytes = Buffer.from(body, "latin1");
  let start = 0;
  return pieces.map(([length]) => bytes.subarray(start, (start += length)));
}

/** Plays each case of the input. @param {(given: Case) => unknown} play */
export async function playAll(play) {
  // Node's readline would end a line at U+2028 too, which JSON texts may hold.
  let rest = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) process.stdout.write(JSON.stringify(await play(JSON.parse(line))) + "\n");
  }
}
