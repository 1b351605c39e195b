import type { Io } from "./tool_bindings.js";

export type { Io };

/**
 * Loads the module, in browsers; call it once before `run`. By default it is fetched from beside the package's file. In Node the
 * module is loaded by the import, and this does nothing.
 */
export function load(source?: URL | Response | BufferSource | WebAssembly.Module): Promise<void>;

/**
 * Runs a command of `mcp-policy` on the program's machine, and returns its exit status: 0 when all is well, 1 when it found
 * something, 2 when it could not run. `args` are the words after `mcp-policy`.
 */
export function run(args: string[], io: Io): number;

/** The end of a command. */
export interface Result {
  status: number;
  stdout: string;
  stderr: string;
  /** All files after the command, the given ones too. */
  files: Record<string, string>;
}

/** Runs a command on files in memory, with `stdin` as its standard input. */
export function runWithFiles(args: string[], files: Record<string, string>, stdin?: string): Result;
