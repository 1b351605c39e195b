/** The errors in a policy document. `Policy.parse` throws it; `message` has a line for each problem. */
export interface PolicyError extends Error {
  name: "PolicyError";
  problems: Problem[];
}

/** One error in a policy document. */
export interface Problem {
  /** The place, as a JSON Pointer (RFC 6901); empty for the document itself. */
  at: string;
  /** The value found there and the change to make. */
  message: string;
}

/** The identities that the program verified for a request. Never a value that a client only claims. */
export interface Verified {
  /**
   * The claims of the verified token: its payload, as the text of one JSON object. A text that is not one JSON object is
   * an unreadable token, and its caller is refused.
   */
  claims?: string | undefined;
  /** The first URI in the subject alternative names of the verified client certificate, such as a SPIFFE id. */
  uriSan?: string | undefined;
  /** The first DNS name in the subject alternative names of the verified client certificate. */
  dnsSan?: string | undefined;
  /** The subject of the verified client certificate (RFC 2253). */
  subject?: string | undefined;
}

/** The program's knowledge of a request beside its headers. */
export interface HostContext {
  /** The address of the peer as the program sees it, with or without a port. Never an address that a client claims. */
  peer?: string | undefined;
  /**
   * The identities that the program verified: those that the policy needs (`policy.needsClaims` …), and no others. Each one
   * given counts as a credential of the caller.
   */
  verified?: Verified | undefined;
  /**
   * The name of the cluster of servers that the program's route chose, where `policy.needsCluster` is true. Never a name
   * that a client claims.
   */
  cluster?: string | undefined;
  /** The 16 bytes with which the log hashes arguments: `store.seed`. The default is a random secret of the policy's. */
  seed?: Uint8Array | undefined;
  /** Report with the decision every rule that was evaluated, as `step.trace`. */
  explain?: boolean | undefined;
}

/** Something that happened. The first eight are about the request, the last five about the response. */
export type Event =
  /** A piece of the request's body. With `endOfStream`, neither bytes nor trailers follow. */
  | { type: "body"; bytes: Uint8Array; endOfStream: boolean }
  /** The program has buffered so many bytes of the request's body, and will deliver them all in one `body`. */
  | { type: "buffered"; length: number }
  /** The request ends with trailers. They are passed on with it. */
  | { type: "trailers" }
  /** There is a body, and it cannot be delivered. */
  | { type: "bodyUnavailable" }
  /** The answer to `reserve`. */
  | { type: "reserved"; reservation: Reservation }
  /**
   * The answer to `lookup`: the value last written for each key, in their order, and null for a key without one. Null
   * for all means that the values are unavailable now: a caller that depends on them is refused. The value of a key
   * with an owner is empty if it was written for that owner, and not empty if it was written only for others.
   */
  | { type: "found"; values: readonly (Uint8Array | null)[] | null }
  /** The answer to `open`. */
  | { type: "opened"; opening: Opening }
  /**
   * The answer to `service` or `rateLimits`: its HTTP status and its body. Null where none came in time, or where a gRPC
   * answer has no trailer `grpc-status` of 0.
   */
  | { type: "serviceAnswer"; status: number; body: Uint8Array }
  | { type: "serviceAnswer"; body: null }
  /**
   * Whether the request that was passed on reached the server: some bytes of it did, or it is unknown; or no byte of it
   * did, for certain. A program that knows reports it before `responseHead`.
   */
  | { type: "delivery"; delivery: "sent" | "unsent" }
  /**
   * The cluster to which the program sent the request, or null where it sent it to none. Where the policy needs the
   * cluster, a program that may route a request again after the verdict reports it before `responseHead`: the response of
   * another server than the one that the request was judged for is refused.
   */
  | { type: "sentTo"; cluster: string | null }
  /**
   * The HTTP status and headers of the response, those as in `begin`. Interim ones (1xx) may come before. With
   * `endOfStream`, neither body nor trailers follow.
   */
  | { type: "responseHead"; status: number; headers: readonly string[]; endOfStream: boolean }
  /** A piece of the response's body. With `endOfStream`, neither bytes nor trailers follow. */
  | { type: "responseBody"; bytes: Uint8Array; endOfStream: boolean }
  /** The response ends with trailers. */
  | { type: "responseTrailers" }
  /**
   * Nothing more will be reported: the exchange is complete, or a side closed the connection. Report it of every request
   * that was passed on, or its id stays in use.
   */
  | { type: "closed" };

/** The program's actions after an event. */
export type Step = NeedMore | Reserve | Lookup | Open | Approvals | Service | RateLimits | Forward | ForwardBody | ReplaceBody | Reply;

interface Effects {
  /**
   * The fields to remove from the headers, by their names in lower case: `authorization`, where it was meant for the
   * policy; `content-length`, where the body may change. Until `forward` they are the request's headers, then those of
   * the response that came with the event.
   */
  removeHeaders: string[];
  /**
   * The fields to set after that; each replaces all fields of its name: `accept-encoding`, where a compressed response
   * could not be judged.
   */
  setHeaders: Record<string, string>;
  /** A decision to log, as one line of JSON. It holds no credentials and no arguments. */
  audit?: string;
  /**
   * The rules that were evaluated, in their order, up to the one that refused; where `context.explain` asks for them. It
   * holds values of arguments.
   */
  trace?: RuleTrace[];
  /**
   * Take these off the counts that they were added to, once: the call did not run. `store.resolve` does it, or the
   * program itself. A charge that is not refunded stays counted.
   */
  refund?: Refund[];
  /**
   * Tasks that ended. Take off the charges that were kept for them, each once. `Store.resolve` does it, or the program
   * itself; without it, the calls count as under way until their `ends`.
   */
  finished?: StateKey[];
  /** Write these, for all that count together. `store.resolve` does it, or the program itself. */
  writes?: StateWrite[];
  /**
   * End the opening of an id, before the part that came with the event is passed on. `store.resolve` does it, or the
   * program itself.
   */
  end?: IdEnd;
  /**
   * Tell the server of the policy's `approvals.notify` that a person is asked: POST `body`, which is JSON without arguments of
   * the call, with the headers `x-mcp-policy-time` and `x-mcp-policy-signature`.
   */
  notice?: SignedMessage;
}

/** A message for another server, which verifies it by a key that both have. */
export interface SignedMessage {
  /** JSON. */
  body: string;
  /** The header `x-mcp-policy-time`: seconds since 1970. */
  time: string;
  /** The header `x-mcp-policy-signature`: `sha256=` and the HMAC-SHA256 of the time, a dot and the body, in hexadecimal. */
  signature: string;
}

/** The key of a piece of state that outlives a request. */
export interface StateKey {
  /** Equal texts for the same piece of state, of any owner. Keep it out of logs. */
  name: string;
  /**
   * The caller that a server issued it to: a session or a task. A program without room may forget such keys, best the
   * oldest of the caller with the most. It must keep the others, two for each tool that the policy pins.
   */
  owner?: string;
}

/** A value to keep under a key. */
export interface StateWrite {
  /** The key. */
  key: StateKey;
  /** The value, less than 1000 bytes; empty for sessions and tasks. It replaces the value before. */
  value: Uint8Array;
  /** Write only where the key has no value yet. */
  ifAbsent: boolean;
}

/** A charge to refund. */
export interface Refund {
  /** As in the charge. */
  counter: string;
  /** As in the charge. */
  subject: string;
  /** The amount to take off. */
  cost: bigint;
  /** The end of the window that it was added to. It is taken off that window's count or off none. */
  ends: number;
  /**
   * The task that the call became: keep the charge, and take it off when a step says that this task is `finished`.
   * Without it, take it off at once.
   */
  task?: StateKey;
}

/** A rule that was evaluated, and its outcome. */
export interface RuleTrace {
  /** The rule's place in the policy, as a JSON Pointer (RFC 6901); left out for a built-in rule. */
  rule?: string;
  /** The outcome; `would_deny` is that of a rule in shadow mode. */
  outcome: "allow" | "deny" | "would_deny";
  /** A detail of it, such as a count. */
  detail?: string;
  /** The rule's conditions. */
  conditions?: ConditionTrace[];
}

/** A condition that was evaluated. */
export interface ConditionTrace {
  path: string;
  op: string;
  /**
   * The value there, clipped; where the path has a `[*]`, the list. Left out where it is absent or unknown.
   */
  value?: string;
  /** Whether the condition holds; `unknown` where readers differ, too. */
  truth: "true" | "false" | "unknown";
}

/** Feed the next event, and pass nothing on until then. */
export interface NeedMore extends Effects {
  next: "needMore";
}

/** Add all these charges or none, and feed `reserved`: `store.resolve` does both, or the program itself. */
export interface Reserve extends Effects {
  next: "ask";
  reserve: Charge[];
  lookup?: undefined;
  open?: undefined;
  approvals?: undefined;
  service?: undefined;
  rateLimits?: undefined;
}

/** Look these keys up, and feed `found`: `store.resolve` does both, or the program itself. */
export interface Lookup extends Effects {
  next: "ask";
  lookup: StateKey[];
  reserve?: undefined;
  open?: undefined;
  approvals?: undefined;
  service?: undefined;
  rateLimits?: undefined;
}

/**
 * Open this id unless it is open already, in one indivisible step, and feed `opened`: `store.resolve` does both, or the
 * program itself.
 */
export interface Open extends Effects {
  next: "ask";
  open: RequestKey;
  reserve?: undefined;
  lookup?: undefined;
  approvals?: undefined;
  service?: undefined;
  rateLimits?: undefined;
}

/** Find, use or show approvals. Only a `Store` does it: its cells hold them. Any event in its place refuses the message. */
export interface Approvals extends Effects {
  next: "ask";
  approvals: true;
  reserve?: undefined;
  lookup?: undefined;
  open?: undefined;
  service?: undefined;
  rateLimits?: undefined;
}

/** POST this to the policy's `approvals.service`, and feed `serviceAnswer`. No `Store` does it. */
export interface Service extends Effects {
  next: "ask";
  service: SignedMessage;
  reserve?: undefined;
  lookup?: undefined;
  open?: undefined;
  approvals?: undefined;
  rateLimits?: undefined;
}

/** POST this to the service of the policy's `counters`, and feed `serviceAnswer`. No `Store` does it. */
export interface RateLimits extends Effects {
  next: "ask";
  rateLimits: RateLimitQuestion;
  reserve?: undefined;
  lookup?: undefined;
  open?: undefined;
  approvals?: undefined;
  service?: undefined;
}

/** A question to a rate limit service whether a call fits its limits. The service adds it to the counts if it does. */
export interface RateLimitQuestion {
  /** `/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`, over HTTP/2, or Limitador's `/check_and_report`. */
  path: string;
  headers: [name: string, value: string][];
  /** A gRPC message after its length, or JSON. */
  body: Uint8Array;
}

/** A request of a session, named by its id. */
export interface RequestKey {
  /** The caller and the session: equal for the same. Keep it out of logs. */
  session: string;
  /** The id as a text. Keep it out of logs. */
  id: string;
  /**
   * The server was seen to issue the session to the caller. Where it was not, keep nothing, and answer `inUse` or
   * `unclear`.
   */
  isIssued: boolean;
}

/** The result of opening an id. A call lasts no longer than the policy's `host.longest_call`, 10 minutes by default. */
export type Opening =
  /** No other exchange has it: it is open now. The number, up to 2^53, distinguishes this opening of the id from others. */
  | { type: "open"; opening: number }
  /**
   * Another exchange with it is alive: it was opened less than the longest call ago, and has not ended. Nothing was opened,
   * and the request is refused.
   */
  | { type: "inUse" }
  /**
   * The owner of an answer with it is unknown: less than the longest call ago, an exchange with it was open for too
   * long or ended without its answer, or less than twice the longest call ago, another one with an unclear id began.
   * Also where the program does not know. The request passes and is judged more strictly; it needs no end.
   */
  | { type: "unclear" };

/** The end of an exchange whose id was open. */
export interface IdEnd {
  /** As in `open`. */
  key: RequestKey;
  /** The number of the opening. */
  opening: number;
  /** The id is free. Otherwise it is unclear for the longest call. */
  isAnswered: boolean;
}

/** Pass on the request, its body byte for byte; after an event of the response, the part that came with that event. */
export interface Forward extends Effects {
  next: "forward";
}

/**
 * Pass on the request with the body `bytes`, of the same length: it lacks the members by which the client waited for an
 * approval.
 */
export interface ForwardBody extends Effects {
  next: "forwardBody";
  bytes: Uint8Array;
}

/** Pass `bytes` on in place of those that came with the event of the response; they may be none. */
export interface ReplaceBody extends Effects {
  next: "replaceBody";
  bytes: Uint8Array;
}

/** Send this to the client, and pass nothing on. Where the client has part of a response already, end the connection. */
export interface Reply extends Effects {
  next: "reply";
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /**
   * A program that can wait sends the reply at the time `until`, or as soon as `store.isPending(approval, Date.now())` is
   * false: the client waits for a person meanwhile, and then sends its request again. Sooner is right too.
   */
  hold?: { approval: string; until: number };
}

/**
 * An addition to one count: the sum of all additions for the same `counter` and `subject` that have not ended. Amounts
 * are millionths, here and below: `1_000_000n` is one call, or a cost of 1. Times are milliseconds since 1970.
 */
export interface Charge {
  /** The counter's name; scope and window are part of it. It is the same wherever the policy is the same. */
  counter: string;
  /**
   * The subject that is counted: equal texts for equal subjects. Keep it out of logs. Left out where the subject is
   * unknown. Such a charge is `full` by the first of its limits that is enforced; without one, its count has `used` 0,
   * `shadowed` 0 and `added` false.
   */
  subject?: string;
  /** The amount to add. */
  cost: bigint;
  /** The duration of a count, for programs that count by a clock of their own. */
  window: Window;
  /** The time at which an addition of now ends. */
  ends: number;
  /** The limits that the count must not exceed with its new cost. There is at least one. */
  limits: Limit[];
}

/** The length of a window. All but sliding ones are aligned to UTC: an addition within one ends with it. */
export type Window =
  /** From one multiple of so many seconds since 1970 to the next, 1 to 31622400. */
  | { type: "seconds"; seconds: number }
  /** From Monday to Monday. */
  | { type: "week" }
  /** A calendar month. */
  | { type: "month" }
  /** The last so many seconds before any moment, 1 to 31622400. `ends` is at least so far away. */
  | { type: "sliding"; seconds: number }
  /** Calls under way: as `sliding`, and each charge is refunded when its call was answered. */
  | { type: "running"; seconds: number }
  /**
   * So many seconds after the last addition, 1 to 31622400: an addition extends all earlier ones. The mark of a
   * `sequence`, whose charge adds 1 or nothing.
   */
  | { type: "extending"; seconds: number };

/** A limit that a count must not exceed. */
export interface Limit {
  /** The largest count. */
  max: bigint;
  /**
   * False in shadow mode: exceeding it is reported as `shadowed` and not refused. A charge that exceeds a limit in shadow
   * mode is not added, unless another of its limits is enforced.
   */
  enforced: boolean;
  /** The position of the limit among those of the call. Where several are exceeded, `full` names the lowest. */
  position: number;
}

/** The outcome of the charges of a call. */
export type Reservation =
  /** All were added: one count for each charge, in their order. */
  | { type: "reserved"; counts: readonly Count[] }
  /** One did not fit, and none was added. */
  | Full
  /** The program cannot count now, and none was added: the call is refused. */
  | { type: "unavailable" };

/** A count after a charge. */
export interface Count {
  /** The count. */
  used: bigint;
  /** The end of its window. */
  ends: number;
  /** The first of the charge's limits in shadow mode that it would have exceeded. */
  shadowed?: number | undefined;
  /** False where that limit kept the charge from being added. */
  added: boolean;
}

/** A charge that does not fit. */
export interface Full {
  type: "full";
  /** The limit that would be exceeded. */
  at: LimitIndex;
  /** The present count. */
  used: bigint;
  /** The end of its window, or of as much of a sliding one as the charge needs. The client must wait until then. */
  ends: number;
  /** The limits in shadow mode of a `position` before it that would have been exceeded too. */
  shadowed: readonly LimitIndex[];
}

/** One limit of a call: two positions, from 0. */
export interface LimitIndex {
  /** The position of the charge. */
  charge: number;
  /** The position among its limits. */
  limit: number;
}

/** The program's memory for counts: a map from keys to bytes, shared by all stores that count together. */
export interface Cells {
  /** The cell under `key`; undefined if it was never written. If it throws, a call that must be counted is refused. */
  read(key: string): Cell | undefined;
  /**
   * Writes `bytes` under `key` in one indivisible step, if its version is still `version`; where that is undefined, if
   * the key was never written. Otherwise it writes nothing and returns false. If it throws, a call that must be counted
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
