// The machine that commands run on in Node: its files, standard streams, clock and environment. It opens no connection.
import { closeSync, openSync, readSync, readdirSync, statSync, writeFileSync, writeSync } from "node:fs";
import { isatty } from "node:tty";

/** The most bytes that are read at once. */
const PIECE = 1 << 18;
/** The milliseconds until a stream that was not ready is asked again. */
const PAUSE = 2;

/** @returns {import("./tool.d.ts").Io} */
export function machine() {
  return {
    pieces,
    writeFile: (path, content, replace) => writeFileSync(path, content, { flag: replace ? "w" : "wx" }),
    kind,
    listFolder: (path) => readdirSync(path),
    stdout: (text) => print(1, text),
    stderr: (text) => print(2, text),
    now: () => Date.now(),
    env: (name) => process.env[name],
    isTerminal: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    columns: columns(),
  };
}

/** The next piece of a file, or of the standard input, with each call; an empty one at the end. @param {string} [path] */
function pieces(path) {
  const file = path === undefined ? 0 : openSync(path, "r");
  const buffer = new Uint8Array(PIECE);
  return () => {
    const length = whenReady(() => read(file, buffer));
    if (length === 0 && file !== 0) closeSync(file);
    return buffer.subarray(0, length);
  };
}

/** @param {number} file @param {Uint8Array} buffer */
function read(file, buffer) {
  try {
    return readSync(file, buffer);
  } catch (error) {
    // Windows reports the end of a pipe so.
    if (codeOf(error) === "EOF") return 0;
    throw error;
  }
}

/** The name by which Node tells errors apart. @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

/** @param {string} path */
function kind(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && (found.isDirectory() ? "folder" : "file");
}

/** Writes all of a text before it returns, so that the process may end at once. @param {number} stream @param {string} text */
function print(stream, text) {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length; ) {
    written += whenReady(() => writeSync(stream, bytes, written));
  }
}

/** Repeats what a stream was not ready for: pipes and terminals may be shared with a process that does not wait for them. @template T @param {() => T} act */
function whenReady(act) {
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

/** The width of the terminal, by the rules of the native program; undefined where there is none. */
function columns() {
  const stream = isatty(1) ? process.stdout : isatty(2) ? process.stderr : undefined;
  return stream?.columns ?? (Number.parseInt(process.env.COLUMNS ?? "", 10) || undefined);
}
