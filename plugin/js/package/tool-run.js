// Runs a command on the program's machine, or on files in memory. It never loads the module: `tool.js` does, or `tool-node.js`.
import { __wbg_reset_state as reset, run as runIn } from "./tool_bindings.js";

/** @typedef {import("./tool.d.ts").Io} Io */

/**
 * Runs a command. Its exit status is 0, 1, or 2, which is also that of a command that failed at a fault of its own.
 * @param {string[]} args @param {Io} io
 */
export function run(args, io) {
  try {
    return runIn(args, io);
  } catch (fault) {
    // What is in the module's memory is not known, so the next command gets a new one.
    reset();
    const message = fault instanceof Error ? fault.message : String(fault);
    io.stderr(`error: mcp-policy failed at a fault of its own, and nothing it printed counts; please report it: ${message}\n`);
    return 2;
  }
}

/**
 * Runs a command on files in memory, and returns what it printed and the files after it.
 * @param {string[]} args @param {Record<string, string>} files
 */
export function runWithFiles(args, files, stdin = "") {
  const memory = new Memory(files, stdin);
  const status = run(args, memory);
  return { status, stdout: memory.printed.stdout, stderr: memory.printed.stderr, files: memory.texts() };
}

/** Files in memory, and what was printed. @implements {Io} */
class Memory {
  /** @param {Record<string, string>} files @param {string} stdin */
  constructor(files, stdin) {
    /** @type {Map<string, Uint8Array>} */
    this.files = new Map(Object.entries(files).map(([path, text]) => [plain(path), bytes(text)]));
    this.input = bytes(stdin);
    this.printed = { stdout: "", stderr: "" };
  }

  /** @param {string} path */
  readFile(path) {
    const content = this.files.get(plain(path));
    if (content === undefined) throw failure(this.kind(path) === "folder" ? "EISDIR" : "ENOENT");
    return content;
  }

  /** @param {string} path @param {Uint8Array} content @param {boolean} replace */
  writeFile(path, content, replace) {
    if (!replace && this.files.has(plain(path))) throw failure("EEXIST");
    this.files.set(plain(path), content);
  }

  /** @param {string} path @returns {"file" | "folder" | undefined} */
  kind(path) {
    if (this.files.has(plain(path))) return "file";
    return this.listFolder(path).length > 0 ? "folder" : undefined;
  }

  /** @param {string} path @returns {string[]} */
  listFolder(path) {
    const folder = plain(path) === "" ? "" : `${plain(path)}/`;
    const inside = [...this.files.keys()].filter((file) => file.startsWith(folder));
    return [...new Set(inside.map((file) => file.slice(folder.length).split("/", 1).join()))];
  }

  stdin() {
    return this.input;
  }

  /** @param {string} text */
  stdout(text) {
    this.printed.stdout += text;
  }

  /** @param {string} text */
  stderr(text) {
    this.printed.stderr += text;
  }

  now() {
    return Date.now();
  }

  env() {
    return undefined;
  }

  texts() {
    return Object.fromEntries([...this.files].map(([path, content]) => [path, new TextDecoder().decode(content)]));
  }
}

/** @param {string} text */
function bytes(text) {
  return new TextEncoder().encode(text);
}

/** A path without its `.` parts and without `/` at its end. @param {string} path */
function plain(path) {
  return path.split("/").filter((part) => part !== "." && part !== "").join("/");
}

/** @param {string} code */
function failure(code) {
  return Object.assign(new Error(code), { code });
}
