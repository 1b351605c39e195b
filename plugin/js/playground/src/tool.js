// Turns policies and tool lists into the reports of `mcp-policy check`, `scan`, `init` and `schema`.
//
// It reads no report but JSON.

import { Remote } from "./remote.js";

/** @typedef {{ level: "error" | "warning" | "note", name: string, at: string, line: number, column: number, message: string, help?: string }} Finding */
/** @typedef {{ name: string, class: string, severity: string, because: string[], signals: { kind: string, says: string }[] }} Tool */
/** @typedef {{ status: number, stdout: string, stderr: string, files: Record<string, string> }} Ran */

const remote = new Remote(new URL("tool-worker.js", import.meta.url).href);

/** @param {string[]} args @param {Record<string, string>} files @returns {Promise<Ran | undefined>} */
const run = (args, files) => remote.run("run", [args, files], args[0]);

/** The JSON that a command printed; an error with its own words where it printed none. @param {Ran} ran */
function printed({ status, stdout, stderr }) {
  if (status > 1) throw new Error(stderr.trim().replace(/^error: /, "") || "The command could not run.");
  return JSON.parse(stdout);
}

/** The mistakes in a policy, and doubts about its author's intent. @param {string} policy @returns {Promise<Finding[] | undefined>} */
export async function check(policy) {
  const ran = await run(["check", "--json", "policy.json"], { "policy.json": policy });
  return ran && printed(ran)[0].findings;
}

/** The JSON Schema of policies. @returns {Promise<any>} */
export async function schema() {
  const ran = await run(["schema"], {});
  return ran && JSON.parse(ran.stdout);
}

/** The class of each tool of a list. @param {string} list @returns {Promise<Tool[] | undefined>} */
export async function scan(list) {
  const ran = await run(["scan", "--json", "tools.json"], { "tools.json": list });
  return ran && printed(ran).tools;
}

/**
 * A starter policy for a list of tools, and the decisions that it leaves to a person.
 * @param {string} list @param {string[]} roots @param {string[]} hosts @returns {Promise<{ policy: string, notes: string[] } | undefined>}
 */
export async function init(list, roots, hosts) {
  const options = [...roots.map((root) => `--root=${root}`), ...hosts.map((host) => `--host=${host}`)];
  const ran = await run(["init", ...options, "--output", "policy.json", "tools.json"], { "tools.json": list });
  if (!ran) return undefined;
  const policy = ran.files["policy.json"];
  const said = `${ran.stdout}\n${ran.stderr}`.trim().split("\n");
  if (ran.status !== 0 || policy === undefined) throw new Error(said.join(" ").replace(/^error: /, ""));
  return { policy, notes: said.filter((line) => line.startsWith("- ")).map((line) => line.slice(2)) };
}
