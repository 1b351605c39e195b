// Starts the reference server `server-everything` on 127.0.0.1, on a port that the system chose.
//
// It never changes what that server does: the package prints the port that it was told, not the one that it got.
// Usage: everything.mjs; prints {"port": N} once it accepts connections, and ends when its stdin does.

import { Server } from "node:net";
import { endWithStdin } from "../serving/serving.mjs";

const { listen } = Server.prototype;
Server.prototype.listen = function listenLocally(_port, ...rest) {
  this.once("listening", () => process.stdout.write(`${JSON.stringify({ port: this.address().port })}\n`));
  return listen.call(this, { host: "127.0.0.1", port: 0 }, ...rest);
};
// Its log goes to standard error, like those of the other servers.
console.log = console.error;
endWithStdin();
await import("@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js");
