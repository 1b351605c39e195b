/** What a policy document did wrong. `Policy.parse` throws it; `message` has a line for each problem. */
export interface PolicyError extends Error {
  name: "PolicyError";
  problems: Problem[];
}

/** One mistake in a policy document. */
export interface Problem {
  /** Where, as a JSON Pointer (RFC 6901); empty for the document itself. */
  at: string;
  /** What was found there and what to write instead. */
  message: string;
}

/** What the program knows beside the headers. */
export interface Facts {
  /** The address of the peer as the program sees it, with or without a port. Never what a client says of itself. */
  peer?: string | undefined;
  /** The 16 bytes by which the log hashes arguments: `store.seed`. Left out, a random secret of the policy's. */
  seed?: Uint8Array | undefined;
}

/** Something that happened. */
export type Event =
  /** A piece of the request's body. With `end`, nothing follows, and no trailers. */
  | { type: "body"; bytes: Uint8Array; end: boolean }
  /** The program holds so many bytes of the request's body, and will give them all in one `body`. */
  | { type: "held"; length: number }
  /** The request ends with trailers. They are passed on with it. */
  | { type: "trailers" }
  /** There was a body, and it cannot be shown. */
  | { type: "bodyLost" };

/** What to do now. */
export type Step = More | Ask | Forward | Answer;

interface Told {
  /** Do not pass the `authorization` header on: it was meant for the policy. */
  removeAuthorization: boolean;
  /** A decision to log, as one line of JSON. It holds no credentials and no arguments. */
  audit?: string;
}

/** Feed the next event. Nothing may be passed on until then. */
export interface More extends Told {
  next: "more";
}

/** Let `store.settle` count. */
export interface Ask extends Told {
  next: "ask";
}

/** Pass the request on, its body byte for byte as it was received. */
export interface Forward extends Told {
  next: "forward";
}

/** Answer the client; nothing may be passed on. */
export interface Answer extends Told {
  next: "answer";
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Where the program keeps counts: a map from keys to bytes, common to all stores that count together. */
export interface Cells {
  /** What is under `key`; undefined where nobody wrote to it yet. If it throws, who is to be counted is refused. */
  read(key: string): Cell | undefined;
  /**
   * Writes `bytes` under `key` in one indivisible step, if its version is still `version`; where that is undefined, if
   * nobody wrote to the key yet. False, and nothing is written, where it is not so. If it throws, who is to be counted
   * is refused.
   */
  compareAndSwap(key: string, bytes: Uint8Array, version: number | undefined): boolean;
}

/** The bytes under a key. */
export interface Cell {
  bytes: Uint8Array;
  /** A whole number from 0 to 4294967295 that changes with every write to the key. */
  version: number;
}
