// Turns nothing into the state that the page begins with.
//
// It is an example like the others, but needs no file.

import { emptyState } from "./state.js";

const POLICY = `{
  "version": "1",
  "default": "deny",
  "tools": {
    "search": {},
    "run": {
      "require": [
        {
          "conditions": [
            { "path": "args.command", "op": "in", "value": ["npm test", "git status"] }
          ],
          "on_deny": "Run npm test or git status. Ask the user for the rest."
        }
      ],
      "limits": [
        { "counter": "runs", "window": "minute", "max": 5, "scope": "grant" }
      ]
    }
  }
}`;
const MESSAGE = `{
  "jsonrpc": "2.0",
  "id": 1,
  "method": "tools/call",
  "params": {
    "name": "run",
    "arguments": { "command": "git push --force" }
  }
}`;
const TIMELINE = [
  { at: "0s", call: "run", arguments: { command: "npm test" }, times: 8, every: "5s" },
  { at: "42s", call: "search", arguments: { query: "flaky tests" } },
  { at: "62s", call: "run", arguments: { command: "git status" }, times: 4, every: "3s" },
  { at: "75s", call: "drop_table", arguments: { name: "users" } },
];

export const start = () => ({ ...emptyState(), policy: POLICY, call: { ...emptyState().call, message: MESSAGE }, timeline: TIMELINE.map((step) => JSON.stringify(step)).join("\n") });
