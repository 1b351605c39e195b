// Turns a policy into counters in the memory of this process.
//
// It keeps nothing beyond the process, and shares nothing with another one.
import { Store } from "mcp-policy";

/** @typedef {import("mcp-policy").Cells} Cells @typedef {import("mcp-policy").Cell} Cell */

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

/** @type {typeof import("./memory.d.ts").memoryCounters} */
export const memoryCounters = (policy) => new Store(policy, new Memory());
