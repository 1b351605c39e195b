// Plays a server and a client around the gateway of a README: the calls of the page's policy, and what became of each. It never
// decides about a call.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

let calls = 0;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  calls += 1;
  const result = { content: [{ type: "text", text: "done" }] };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(body).id, result }));
});
server.listen(9000, "127.0.0.1");

const gateway = spawn(process.execPath, ["gateway.mjs"], { stdio: ["ignore", "ignore", "inherit"] });

let id = 0;
async function call(name) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method: "tools/call", params: { name, arguments: {} } });
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const answer = await fetch("http://127.0.0.1:8080/mcp", { method: "POST", headers, body });
  const { result } = await answer.json();
  const reason = result?._meta?.["mcp-policy/decision"]?.reason;
  console.log(`${name}: ${reason ? `refused, ${reason}` : "passed"}`);
}

async function listening() {
  for (let tries = 0; tries < 300; tries++) {
    if (gateway.exitCode !== null) throw new Error("the gateway ended");
    const socket = connect(8080, "127.0.0.1");
    const reached = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (reached) return;
    await sleep(100);
  }
  throw new Error("the gateway does not listen");
}

try {
  await listening();
  for (let i = 0; i < 11; i++) await call("run");
  await call("drop_table");
  console.log(`the server had ${calls} calls`);
} finally {
  gateway.kill();
  server.close();
  server.closeAllConnections();
}
