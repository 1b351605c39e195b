// Turns calls of the page into commands of `mcp-policy`, in a worker.
//
// It never opens a file or a connection: the command reads the texts that it is given.

import { load, runWithFiles } from "mcp-policy/tool";
import { serve } from "./remote.js";

await load();
serve({ run: (/** @type {string[]} */ args, /** @type {Record<string, string>} */ files) => runWithFiles(args, files) });
