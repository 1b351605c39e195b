// Serves a handler as the tests expect of every server: on 127.0.0.1, on a port that it prints, until its stdin ends.
//
// It never reads a message.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

/** Prints {"port": N} once connections are accepted, and ends the process when its stdin ends. */
export function listen(handler) {
  const http = createServer(handler);
  http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: http.address().port })));
  endWithStdin();
}

/** Ends the process when stdin ends. The parent process has the other end, which closes also when the parent is killed. */
export function endWithStdin() {
  process.stdin.resume().on("end", () => process.exit(0));
}

/** A handler that logs the errors of `serve`, and aborts the response. */
export function guarded(serve) {
  return (req, res) => {
    serve(req, res).catch((error) => {
      console.error(error);
      res.destroy();
    });
  };
}

/** The transports of sessions. `open` creates a transport with the given options. */
export class Sessions {
  #transports = new Map();
  #open;

  constructor(open) {
    this.#open = open;
  }

  /** The transport of a session, a new one without an id, and none for an unknown id. */
  async get(id) {
    if (id) return this.#transports.get(id);
    const transport = await this.#open({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#transports.set(id, transport),
      onsessionclosed: (id) => void this.#transports.delete(id),
    });
    return transport;
  }
}

/** Stores every event, for clients that resume a stream. */
export class EventMemory {
  #events = [];

  async storeEvent(stream, message) {
    return String(this.#events.push({ stream, message }));
  }

  async replayEventsAfter(last, { send }) {
    const { stream } = this.#events[Number(last) - 1] ?? {};
    for (const [index, event] of this.#events.entries()) {
      const again = index >= Number(last) && event.stream === stream && "jsonrpc" in event.message;
      if (again) await send(String(index + 1), event.message);
    }
    return stream;
  }
}
