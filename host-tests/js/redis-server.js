// A Redis on a port of its own for the tests, and clients of both kinds.
//
// It keeps nothing on the disk: a server that starts again is empty.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { createClient } from "redis";

const PROGRAM = new URL("../redis/redis-server", import.meta.url).pathname;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  return port;
}

/** A running server; on the port of an earlier one, if given. @param {number} [port] @param {string[]} options */
export async function started(port, ...options) {
  const at = port ?? (await freePort());
  const none = ["--save", "", "--appendonly", "no"];
  const server = spawn(PROGRAM, ["--port", String(at), "--bind", "127.0.0.1", ...none, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(server.stdout)) if (line.includes("Ready to accept connections")) break;
  server.stdout.resume();
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  process.once("exit", () => server.kill("SIGKILL"));
  return { port: at, end, pause: () => server.kill("SIGSTOP"), goOn: () => server.kill("SIGCONT") };
}

/** A connected client of each kind, and its end. */
export const CLIENTS = {
  /** @param {number} port */
  async redis(port) {
    const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: 20 } });
    client.on("error", () => {});
    await client.connect();
    return { client, end: () => client.destroy() };
  },
  /** @param {number} port */
  async ioredis(port) {
    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 20 });
    client.on("error", () => {});
    await once(client, "ready");
    return { client, end: () => client.disconnect() };
  },
};
