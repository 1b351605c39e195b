// Runs the command line tool: as WebAssembly, or as a program, whichever the path names.
//
// It never lets a program write but into a folder that is removed again.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

/**
 * A command of the tool: its arguments and standard input, into what it prints and the files that it writes.
 *
 * @typedef {(args: string[], input: string) => { status: number, stdout: string, stderr: string, files: Record<string, string> }} Run
 */

/**
 * The tool at a path: the module for Node of the npm package, or else a program.
 *
 * @param {string} place
 * @returns {Promise<Run>}
 */
export async function openTool(place) {
  const file = path.resolve(place);
  if (!/\.m?js$/.test(file)) return (args, input) => program(file, args, input);
  const { runWithFiles } = await import(pathToFileURL(file).href);
  return (args, input) => runWithFiles(args, {}, input);
}

function program(file, args, input) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "site-"));
  try {
    const { status, stdout, stderr, error } = spawnSync(file, args, { input, cwd: folder, encoding: "utf8", maxBuffer: 64 << 20 });
    if (error) throw new Error(`${file} does not run: ${error.message}`);
    const files = fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]);
    return { status, stdout, stderr, files: Object.fromEntries(files) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The report of `scan` on a list of tools, by the name of each. A list that deceives its reader has one too. */
export function scan(run, tools) {
  const { status, stdout, stderr } = run(["scan", "--json", "-"], JSON.stringify({ tools }));
  if (status !== 0 && status !== 1) throw new Error(`scan exits with ${status}: ${stderr}`);
  return new Map(JSON.parse(stdout).tools.map((tool) => [tool.name, tool]));
}

/** What `init` is told, and pages repeat. */
export const INIT = ["--root", "/srv/data", "--host", "example.com"];

/** The policy that `init` writes for a list of tools. */
export function init(run, tools) {
  const { status, stderr, files } = run(["init", ...INIT, "--output", "policy.json", "-"], JSON.stringify({ tools }));
  if (status !== 0 && status !== 1) throw new Error(`init exits with ${status}: ${stderr}`);
  return JSON.parse(files["policy.json"]);
}
