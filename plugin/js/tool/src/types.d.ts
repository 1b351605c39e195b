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
