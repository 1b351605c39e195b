// Turns values and promises of values into the same calls, so that a program without promises stays synchronous.
//
// It never swallows an error.

/** @template T @typedef {import("./http.d.ts").Awaitable<T>} Awaitable */

/** @param {unknown} value @returns {value is PromiseLike<unknown>} */
const isPromise = (value) => typeof (/** @type {{ then?: unknown } | null | undefined} */ (value)?.then) === "function";

/**
 * Calls `next` with the value, now or when it is there.
 * @template T, U @param {Awaitable<T>} value @param {(value: T) => Awaitable<U>} next @returns {Awaitable<U>}
 */
export function then(value, next) {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(/** @type {T} */ (value));
}

/**
 * Calls `work`, and `failed` where it throws or rejects.
 * @template T, F @param {() => Awaitable<T>} work @param {(error: unknown) => F} failed @returns {Awaitable<T | F>}
 */
export function attempt(work, failed) {
  try {
    const value = work();
    return isPromise(value) ? Promise.resolve(value).catch(failed) : value;
  } catch (error) {
    return failed(error);
  }
}

/**
 * The value, or a rejection where it takes longer than so many milliseconds.
 * @template T @param {Awaitable<T>} value @param {number} millis @param {string} what @returns {Awaitable<T>}
 */
export function within(value, millis, what) {
  if (!isPromise(value)) return value;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took longer than ${millis} ms`)), millis);
    Promise.resolve(value).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Runs one work after the other, each as soon as the one before is done: at once where none is under way. */
export class Turns {
  /** @type {Promise<unknown> | undefined} */
  #last;

  /** True while a work is under way. */
  get busy() {
    return this.#last !== undefined;
  }

  /** @template T @param {() => Awaitable<T>} work must not throw or reject @returns {Awaitable<T>} */
  run(work) {
    const value = this.#last ? this.#last.then(work) : work();
    if (!isPromise(value)) return value;
    const turn = Promise.resolve(value).finally(() => {
      if (this.#last === turn) this.#last = undefined;
    });
    this.#last = turn;
    return turn;
  }
}
