// Turns calls of the page into messages for a worker, and its answers into promises.
//
// It never waits without end: a worker that takes too long is stopped, and a new one takes its place.

/** The longest that a worker may take for one answer, in milliseconds. */
const PATIENCE = 15_000;

/** The work took too long. */
export class TooLong extends Error {
  constructor() {
    super(`This took more than ${PATIENCE / 1000} seconds and was stopped.`);
  }
}

/** A worker that does one thing at a time, in the order of the calls. */
export class Remote {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  /** The number of calls of each kind, by which an older one knows that it is not needed any more. @type {Map<string, number>} */
  #newest = new Map();

  /** @param {string} address of the worker's module */
  constructor(address) {
    this.address = address;
  }

  /**
   * Runs a function of the worker. Undefined where a newer call of the same kind came before it began.
   * @param {string} name @param {unknown[]} args @param {string} kind @returns {Promise<any>}
   */
  run(name, args, kind = name) {
    const number = (this.#newest.get(kind) ?? 0) + 1;
    this.#newest.set(kind, number);
    const turn = this.#last.then(() => (this.#newest.get(kind) === number ? this.#ask(name, args) : undefined));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** @param {string} name @param {unknown[]} args */
  #ask(name, args) {
    const isNew = this.#worker === undefined;
    const worker = (this.#worker ??= new Worker(this.address, { type: "module" }));
    return new Promise((resolve, reject) => {
      const stop = (/** @type {Error} */ reason) => {
        worker.terminate();
        this.#worker = undefined;
        reject(reason);
      };
      const timer = setTimeout(() => stop(new TooLong()), PATIENCE);
      worker.onmessage = ({ data }) => {
        if (data.ready) return worker.postMessage({ name, args });
        clearTimeout(timer);
        if (data.failed === undefined) resolve(data.done);
        else reject(new Error(data.failed));
      };
      worker.onerror = () => {
        clearTimeout(timer);
        stop(new Error("A part of this page could not be loaded, or stopped by itself. Reload the page."));
      };
      // A new worker loads the engine first, and a message would be lost.
      if (!isNew) worker.postMessage({ name, args });
    });
  }
}

/** Serves these functions to the page, in a worker. @param {Record<string, (...args: any[]) => unknown>} functions */
export function serve(functions) {
  onmessage = async ({ data: { name, args } }) => {
    try {
      postMessage({ done: await functions[name]?.(...args) });
    } catch (error) {
      postMessage({ failed: error instanceof Error ? error.message : String(error) });
    }
  };
  postMessage({ ready: true });
}
