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
  /** Tell with the decision every rule that was looked at, as `step.explanation`: for people who ask why. */
  explain?: boolean | undefined;
}

/** Something that happened. The first six are of the request, the last five of the response. */
export type Event =
  /** A piece of the request's body. With `end`, nothing follows, and no trailers. */
  | { type: "body"; bytes: Uint8Array; end: boolean }
  /** The program holds so many bytes of the request's body, and will give them all in one `body`. */
  | { type: "held"; length: number }
  /** The request ends with trailers. They are passed on with it. */
  | { type: "trailers" }
  /** There was a body, and it cannot be shown. */
  | { type: "bodyLost" }
  /** The answer to `reserve`. */
  | { type: "reserved"; reservation: Reservation }
  /**
   * The answer to `recall`: what was last remembered of each topic, in their order, and null for those of which nothing
   * was. Null for all says that the program cannot tell now: who depends on it is refused.
   */
  | { type: "recalled"; learnt: readonly (Uint8Array | null)[] | null }
  /**
   * What became of the request that was passed on: some of it reached the server, or nobody can tell; or surely nothing
   * of it did. A program that can tell says so before `responseHead`.
   */
  | { type: "outcome"; outcome: "sent" | "unsent" }
  /**
   * The HTTP status and headers of the response, those as in `begin`. Interim ones (1xx) may come before. `end` tells
   * that neither body nor trailers follow.
   */
  | { type: "responseHead"; status: number; headers: readonly string[]; end: boolean }
  /** A piece of the response's body. With `end`, nothing follows, and no trailers. */
  | { type: "responseBody"; bytes: Uint8Array; end: boolean }
  /** The response ends with trailers. */
  | { type: "responseTrailers" }
  /** Nothing more will be told: the exchange is complete, or somebody hung up. */
  | { type: "closed" };

/** What to do now. */
export type Step = More | Reserve | Recall | Forward | Replace | Answer;

interface Told {
  /**
   * What to leave out of the headers, by names in lower case: `authorization`, where it was meant for the policy;
   * `content-length`, where the body may become another. Until `forward` it is about the request, then about the response
   * that came with the event.
   */
  removeHeaders: string[];
  /**
   * The fields to set after that, each in the place of all of its name: `accept-encoding`, where a compressed response
   * could not be judged.
   */
  setHeaders: Record<string, string>;
  /** A decision to log, as one line of JSON. It holds no credentials and no arguments. */
  audit?: string;
  /**
   * The rules that were looked at, in their order, up to the one that refused; where `facts.explain` asks for them. It
   * holds values of arguments.
   */
  explanation?: Finding[];
  /**
   * Take these off the counts that they were added to, once: the call did not run. `store.settle` does it, or the program
   * by itself. What is not taken off stays counted.
   */
  refund?: Refund[];
  /** Remember these, for all that count together. `store.settle` does it, or the program by itself. */
  memos?: Memo[];
}

/** What something is about that is remembered. */
export interface Topic {
  /** The same text for the same thing, and none for a log. */
  name: string;
  /**
   * For whom it is, where a server issued it: a session or a task. A program may forget such topics where it has no room
   * for more, best the oldest of whoever has most. The others, two for each tool that the policy pins, it must keep.
   */
  issuedTo?: string;
}

/** Something that was learnt from a response. */
export interface Memo {
  /** What it is about. */
  topic: Topic;
  /**
   * What was learnt, less than 1000 bytes; none of what was issued, but that it was. It takes the place of what was
   * remembered before.
   */
  learnt: Uint8Array;
  /** It is remembered only where nothing was yet. */
  first: boolean;
}

/** A charge that is given back. */
export interface Refund {
  /** As in the charge. */
  counter: string;
  /** As in the charge. */
  subject: string;
  /** What to take off. */
  cost: bigint;
  /** The end of the window that it was added to. It is taken off that window's count or off none. */
  ends: number;
}

/** A rule that was looked at, and what came of it. */
export interface Finding {
  /** The rule's place in the policy, as a JSON Pointer (RFC 6901); left out for what no policy can change. */
  rule?: string;
  /** Whether it stands in the way; `would_refuse` is that of a rule in shadow mode. */
  said: "passes" | "refuses" | "would_refuse";
  /** What was found, such as a count. */
  found?: string;
  /** What its conditions saw. */
  conditions?: Sight[];
}

/** What a condition saw. */
export interface Sight {
  path: string;
  op: string;
  /**
   * The value there, shortened; where the path has a `[*]`, the list. Left out where there is none, or where nobody can tell
   * which it is.
   */
  value?: string;
  /** Whether it holds; `unknown` where nobody can tell, or not for everybody. */
  truth: "true" | "false" | "unknown";
}

/** Feed the next event. Nothing may be passed on until then. */
export interface More extends Told {
  next: "more";
}

/** Add all these charges or none, and feed `reserved`: `store.settle` does both, or the program by itself. */
export interface Reserve extends Told {
  next: "ask";
  reserve: Charge[];
  recall?: undefined;
}

/** Say what is remembered of these topics, and feed `recalled`: `store.settle` does both, or the program by itself. */
export interface Recall extends Told {
  next: "ask";
  recall: Topic[];
  reserve?: undefined;
}

/** Pass the request on, its body byte for byte as it was received; after a response's event, what came with that. */
export interface Forward extends Told {
  next: "forward";
}

/** Pass `bytes` on in the place of those that came with the event of the response; they may be none. */
export interface Replace extends Told {
  next: "replace";
  bytes: Uint8Array;
}

/** Answer the client; nothing may be passed on. Where the client has part of a response already, end the connection. */
export interface Answer extends Told {
  next: "answer";
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/**
 * An addition to one count, which `counter`, `subject` and `ends` together name. Amounts are millionths, here and below:
 * `1_000_000n` is one call, or a cost of 1. Times are milliseconds since 1970.
 */
export interface Charge {
  /** The counter's name; scope and window are part of it. It is the same wherever the policy is the same. */
  counter: string;
  /**
   * For whom it is counted: equal for the same subject, and no text for a log. Not there where nobody can tell. Such a
   * charge is `full` by the first of its maxima that is enforced; where none is, its tally has `used` 0, `shadowed` 0
   * and `added` false.
   */
  subject?: string;
  /** What to add. */
  cost: bigint;
  /** How long a count lasts, for those who count by a clock of their own. */
  window: Window;
  /** When the window around now ends, and its count with it. */
  ends: number;
  /** What the count with its new cost must not pass. There is at least one. */
  maxima: Maximum[];
}

/** The length of a window. All but sliding ones are aligned to UTC: what is added within one ends with it. */
export type Window =
  /** From one multiple of so many seconds since 1970 to the next, 1 to 31622400. */
  | { type: "seconds"; seconds: number }
  /** From Monday to Monday. */
  | { type: "week" }
  /** A calendar month. */
  | { type: "month" }
  /** The last so many seconds before any moment, 1 to 31622400. `ends` is at least so far away. */
  | { type: "sliding"; seconds: number }
  /**
   * So many seconds after the last addition, 1 to 31622400: an addition makes all earlier ones end with it. The mark of a
   * `sequence`, whose charge adds 1 or nothing.
   */
  | { type: "lasting"; seconds: number };

/** What a count must not pass. */
export interface Maximum {
  /** The largest count. */
  max: bigint;
  /**
   * False in shadow mode: passing it is told as `shadowed` and not refused. A charge is not added where it passes a
   * maximum in shadow mode, unless one of its other maxima is enforced.
   */
  enforced: boolean;
  /** The position of its limit among those of the call. Where several are passed, `full` names the lowest. */
  order: number;
}

/** What became of the charges of a call. */
export type Reservation =
  /** All were added: one tally for each charge, in their order. */
  | { type: "reserved"; tallies: readonly Tally[] }
  /** One did not fit, and none was added. */
  | Full
  /** The program cannot count now, and none was added: the call is refused. */
  | { type: "unavailable" };

/** A count after a charge. */
export interface Tally {
  /** The count. */
  used: bigint;
  /** When its window ends. */
  ends: number;
  /** Which of the charge's maxima in shadow mode, the first, it would have passed. */
  shadowed?: number | undefined;
  /** False where that kept the charge from being added. */
  added: boolean;
}

/** A charge that does not fit. */
export interface Full {
  type: "full";
  /** The maximum that would be passed. */
  at: Position;
  /** The count as it is. */
  used: bigint;
  /** When its window ends. The client is told to wait until then. */
  ends: number;
  /** The maxima in shadow mode of an `order` before it that would have been passed too. */
  shadowed: readonly Position[];
}

/** One maximum of a call: two positions, from 0. */
export interface Position {
  /** Which of the charges. */
  charge: number;
  /** Which of its maxima. */
  maximum: number;
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
