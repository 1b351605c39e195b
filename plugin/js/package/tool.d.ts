/** The machine that a command runs on. A method that throws is a failure that the command reports, with the path. */
export interface Io {
  /** The bytes of a file; needed without `pieces`. Throws an error with Node's `code` (`"ENOENT"`) where there is none. */
  readFile?(path: string): Uint8Array;
  /**
   * The pieces of a file, or of the standard input without a path, in the place of `readFile` and `stdin`: each call gives the
   * next one, and an empty one at the end. A program that has it reads logs of any size.
   */
  pieces?(path?: string): () => Uint8Array;
  /** Writes a whole file. Throws an error with the code `"EEXIST"` if it exists and `replace` is false. */
  writeFile(path: string, content: Uint8Array, replace: boolean): void;
  /** What a path names; undefined if it names nothing. */
  kind(path: string): "file" | "folder" | undefined;
  /** The names in a folder. */
  listFolder(path: string): string[];
  /** All bytes of the standard input; needed without `pieces`. */
  stdin?(): Uint8Array;
  /** Prints text. Throws an error with the code `"EPIPE"` if nobody reads it any more. */
  stdout(text: string): void;
  /** Prints text beside the output. */
  stderr(text: string): void;
  /** The time in milliseconds since 1970, as `Date.now()` gives it. */
  now(): number;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
  /** Which streams a person types or reads; none by default. */
  readonly isTerminal?: { stdin?: boolean; stdout?: boolean; stderr?: boolean } | undefined;
  /** The width of the terminal in characters; 100 by default. */
  readonly columns?: number | undefined;
}

/**
 * Loads the module, in browsers; call it once before `run`. By default it is fetched from beside the package's file. In Node the
 * module is loaded by the import, and this does nothing. `source` is a `URL`, a `Response`, bytes or a `WebAssembly.Module`.
 */
export function load(source?: object): Promise<void>;

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
