// Turns the response bytes that each exchange holds into the room for another one, and into the exchange to drop where they
// hold too much together. The rules are those of the gateways in Rust.
//
// It only adds up: the exchange refuses a message that does not fit.

/** The bytes that a message may always hold, beyond its caller's part. */
const SHORT = 16 * 1024;

/** One caller holds at most one part in so many of all bytes. */
const SHARES = 4;

/**
 * The held bytes of all exchanges of a gateway, by caller.
 * @template {object} R the handle of an exchange
 */
export class HeldBytes {
  #max;
  #all = 0;
  /** @type {Map<string, { sum: number, responses: Map<R, number> }>} */
  #callers = new Map();

  /** @param {number} max the most bytes that all may hold together */
  constructor(max) {
    this.#max = max;
  }

  /** The bytes that all hold together. */
  get all() {
    return this.#all;
  }

  /**
   * The bytes that this response may hold: the rest of its caller's quarter, as far as bytes are free or another caller
   * holds more than this one would.
   * @param {R} response @param {string} caller
   */
  room(response, caller) {
    const entry = this.#callers.get(caller);
    const own = entry?.responses.get(response) ?? 0;
    const others = (entry?.sum ?? 0) - own;
    const share = Math.max(0, Math.floor(this.#max / SHARES) - others);
    const free = Math.max(0, this.#max - (this.#all - own));
    if (share <= free) return Math.max(share, SHORT);
    // A caller displaces another one only while it holds less.
    const gain = this.#mostOfAnother(caller) - others - 1;
    return Math.max(Math.min(share, Math.max(free, gain)), SHORT);
  }

  /** Records that this response holds so many bytes now. @param {R} response @param {string} caller @param {number} bytes */
  set(response, caller, bytes) {
    const entry = this.#callers.get(caller) ?? { sum: 0, responses: new Map() };
    const change = bytes - (entry.responses.get(response) ?? 0);
    entry.sum += change;
    this.#all += change;
    if (bytes > 0) entry.responses.set(response, bytes);
    else entry.responses.delete(response);
    if (entry.responses.size > 0) this.#callers.set(caller, entry);
    else this.#callers.delete(caller);
  }

  /** Removes the longest response of the caller that holds most, as long as all hold too much. @returns {R | undefined} */
  excess() {
    if (this.#all <= this.#max) return undefined;
    const [caller, { responses }] = largest(this.#callers, ({ sum }) => sum);
    const [response] = largest(responses, (bytes) => bytes);
    this.set(response, caller, 0);
    return response;
  }

  /** @param {string} caller */
  #mostOfAnother(caller) {
    let most = 0;
    for (const [other, { sum }] of this.#callers) if (other !== caller) most = Math.max(most, sum);
    return most;
  }
}

/** The entry of a map, which is not empty, with the largest size. @template K, V @param {Map<K, V>} map @param {(value: V) => number} size */
function largest(map, size) {
  /** @type {[K, V] | undefined} */
  let found;
  for (const entry of map) if (!found || size(entry[1]) > size(found[1])) found = entry;
  if (!found) throw new Error("there is no entry");
  return found;
}
