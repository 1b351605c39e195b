// Turns a policy into counters in the memory of this process.
//
// It keeps nothing beyond the process, and shares nothing with another one.
import { Store } from "mcp-policy";

/**
 * @typedef {import("mcp-policy").Cell} Cell
 * @typedef {import("mcp-policy").Cells} Cells
 * @typedef {import("mcp-policy").Exchange} Exchange
 * @typedef {import("mcp-policy").Policy} Policy
 * @typedef {import("mcp-policy").Step} Step
 * @typedef {import("./memory.d.ts").MemoryCounters} MemoryCounters
 */

/** A map from keys to bytes, with a version for each write. @implements {Cells} */
class Memory {
  /** @type {Map<string, Cell>} */
  #cells = new Map();
  #writes = 0;

  /** @param {string} key */
  read(key) {
    return this.#cells.get(key);
  }

  /** @param {string} key @param {Uint8Array} bytes @param {number | undefined} version */
  compareAndSwap(key, bytes, version) {
    if (this.#cells.get(key)?.version !== version) return false;
    // A version has 32 bits. It returns to that of a value only after so many writes.
    this.#writes = (this.#writes + 1) >>> 0;
    this.#cells.set(key, { bytes, version: this.#writes });
    return true;
  }
}

/** @implements {MemoryCounters} */
class Counters {
  #policy;
  /** @type {Store | undefined} */
  #made;

  /** @param {Policy} policy */
  constructor(policy) {
    this.#policy = policy;
    // A Worker has no randomness, of which the seed is made, before its first request.
    if (isRandom()) this.#made = this.#store();
  }

  #store() {
    return (this.#made ??= new Store(this.#policy, new Memory()));
  }

  get seed() {
    return this.#store().seed;
  }

  /** @param {Exchange} exchange @param {Step} step @param {number} now */
  resolve(exchange, step, now) {
    return this.#store().resolve(exchange, step, now);
  }

  /** @param {Exchange} exchange @param {Step} step @param {number} now */
  resolveApprovals(exchange, step, now) {
    return this.#store().resolveApprovals(exchange, step, now);
  }

  /** @param {string} approval @param {number} now */
  isPending(approval, now) {
    return this.#store().isPending(approval, now);
  }
}

/** Whether random bytes can be had now. */
function isRandom() {
  try {
    return Boolean(crypto.getRandomValues(new Uint8Array(1)));
  } catch {
    return false;
  }
}

/** @type {typeof import("./memory.d.ts").memoryCounters} */
export const memoryCounters = (policy) => new Counters(policy);
