#!/usr/bin/env node
// The command line as a program of Node: `npx mcp-policy`.
import { machine } from "./machine-node.js";
import { run } from "./tool-node.js";

process.exitCode = run(process.argv.slice(2), machine());
