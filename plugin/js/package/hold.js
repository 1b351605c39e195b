// Turns an answer that may wait for a person into one that is sent as soon as the person has decided.
//
// It decides nothing: the client sends its call again, and that one is judged.
import { attempt, then } from "./awaitable.js";

/** The interval at which approvals are read while answers wait, in milliseconds. */
const INTERVAL = 250;

/** The most answers that wait at a time. Beyond it a client gets its answer at once. */
const MOST = 2048;

/** The answers of a gateway that wait for a person. */
export class HeldReplies {
  #settings;
  /** What ends the waiting of each exchange. @type {Map<object, () => void>} */
  #waiting = new Map();

  /** @param {import("./settings.js").Settings} settings */
  constructor(settings) {
    this.#settings = settings;
  }

  /**
   * Settles when the answer of this exchange is due.
   * @param {object} exchange @param {{ approval: string, until: number } | undefined} hold @returns {void | Promise<void>}
   */
  hold(exchange, hold) {
    const { counters, now } = this.#settings;
    if (!hold || !counters.isPending || this.#waiting.size >= MOST) return;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const pending = attempt(() => now() < hold.until && counters.isPending?.(hold.approval, now()), () => false);
        void then(pending, (pending) => pending || this.release(exchange));
      }, INTERVAL);
      this.#waiting.set(exchange, () => {
        clearInterval(timer);
        resolve();
      });
    });
  }

  /** Ends the waiting of this exchange. @param {object} exchange */
  release(exchange) {
    this.#waiting.get(exchange)?.();
    this.#waiting.delete(exchange);
  }
}
