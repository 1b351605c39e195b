// The types of the generated loader of the command line.
//
// It names what the files of the command line use, and nothing else of the loader.
import type { Io } from "./tool.d.ts";

/** Loads the module; later calls do nothing. */
export default function load(options: { module_or_path: unknown }): Promise<unknown>;
/** Loads the module at once. */
export function initSync(options: { module: BufferSource }): unknown;
/** Runs a command. Throws where it failed at a fault of its own. */
export function run(args: string[], io: Io): number;
/** Gives the next command a new module. */
export function __wbg_reset_state(): void;
