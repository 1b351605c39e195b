// Plays a client of the server in the README: the calls of the page's policy, and what became of each. It never decides about a
// call.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const server = spawn(process.execPath, ["server.mjs"], { stdio: ["ignore", "ignore", "inherit"] });

let id = 0;
async function call(name) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method: "tools/call", params: { name, arguments: {} } });
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const answer = await fetch("http://127.0.0.1:8080/mcp", { method: "POST", headers, body });
  const text = await answer.text();
  // The server answers with an event, the policy with JSON.
  const { result } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
  const reason = result?._meta?.["mcp-policy/decision"]?.reason;
  console.log(`${name}: ${reason ? `refused, ${reason}` : result?.content?.[0]?.text}`);
}

async function listening() {
  for (let tries = 0; tries < 300; tries++) {
    if (server.exitCode !== null) throw new Error("the server ended");
    const socket = connect(8080, "127.0.0.1");
    const reached = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (reached) return;
    await sleep(100);
  }
  throw new Error("the server does not listen");
}

try {
  await listening();
  for (let i = 0; i < 11; i++) await call("run");
  await call("drop");
} finally {
  server.kill();
}
