// The types of `http.js`: the core that the adapters for Express, `fetch` and others share.
//
// It names no server and no framework.
import type { Exchange, Policy, SignedMessage, Step } from "mcp-policy";

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Where calls are counted and state is kept. A `Store` is one. Another implementation may answer later, for instance from a
 * database that several processes share.
 */
export interface Counters {
  /** The 16 bytes with which the log hashes arguments: the same for all that count together. */
  readonly seed: Uint8Array;
  /**
   * Carries out the `refund`, `finished`, `writes` and `end` of `step`, and answers its question by `exchange.feed`, until a
   * step has none: `lookup`, `open`, `reserve` and `approvals`. Returns that step. It leaves the questions `service` and `rateLimits`
   * to the caller, and must not use the exchange after it has returned or its promise has settled. `now` is in
   * milliseconds since 1970. If it throws or rejects, or takes longer than `GatewayOptions.timeout`, the call is refused.
   */
  resolve(exchange: Exchange, step: Step, now: number): Awaitable<Step>;
  /** Whether an approval still waits for a person. Without it, no answer is held back. */
  isPending?(approval: string, now: number): Awaitable<boolean>;
}

/** A question that only a service of the policy's can answer: a POST of `body` with `headers`. */
export interface ServiceQuestion {
  /** Whose question: that of `counters`, or that of `approvals.service`. */
  service: "counters" | "approvals";
  /** The path of the request; for approvals, the policy's. */
  path: string | undefined;
  /** Names and values of its header fields. */
  headers: [name: string, value: string][];
  /** The body of the request. */
  body: Uint8Array | string;
}

/** The answer of a service: its HTTP status, and its body. */
export interface ServiceAnswer {
  status: number;
  body: Uint8Array;
}

/** The settings of a gateway. All have a default. */
export interface GatewayOptions {
  /**
   * Where calls are counted. The default is the memory of this gateway: every gateway and every process then counts alone, and
   * a restart begins anew.
   */
  counters?: Counters | undefined;
  /**
   * Takes each line of the audit log, which is JSON without a line end. The default is `console.log`; `false` logs nothing.
   * If it throws or rejects, the request is refused, or the response ends.
   */
  log?: false | ((line: string) => unknown) | undefined;
  /** Takes each failure of the gateway, by which a request was refused or a response ended. The default is `console.error`. */
  onError?: ((error: unknown) => void) | undefined;
  /** Asks a service of the policy's. Without it, or with null, the service counts as unavailable. */
  service?: ((question: ServiceQuestion) => Awaitable<ServiceAnswer | null>) | undefined;
  /** Tells the server of the policy's `approvals.notify` that a person is asked. Nothing depends on its success. */
  notify?: ((notice: SignedMessage) => unknown) | undefined;
  /** The longest time in milliseconds that `counters`, `service` and `log` may take for a step, 1 to 600000. The default is 5000. */
  timeout?: number | undefined;
  /** The time in milliseconds since 1970. The default is `Date.now`. */
  now?: (() => number) | undefined;
}

/** The identities that the program verified for a request. Never a value that a client only claims. */
export interface VerifiedIdentity {
  /** The claims of the verified token: its payload, as an object or as the text of one JSON object. */
  claims?: string | object | undefined;
  /** The first URI in the subject alternative names of the verified client certificate, such as a SPIFFE id. */
  uriSan?: string | undefined;
  /** The first DNS name in the subject alternative names of the verified client certificate. */
  dnsSan?: string | undefined;
  /** The subject of the verified client certificate (RFC 2253). */
  subject?: string | undefined;
}

/** The program's knowledge of a request beside its headers. */
export interface RequestContext {
  /** The address of the peer as the program sees it. Read only where `policy.needsPeer` is true. */
  peer?: string | undefined;
  /** The identities that the program verified. Members that the policy does not need are left out. */
  verified?: VerifiedIdentity | undefined;
  /** The name of the cluster of servers that the program chose. Read only where `policy.needsCluster` is true. */
  cluster?: string | undefined;
}

/** Changes to header fields: remove the first, then set the second, each in place of all fields of its name. */
export interface HeaderEdits {
  /** Names in lower case. */
  removeHeaders: string[];
  /** Values by names in lower case. */
  setHeaders: Record<string, string>;
}

/** A request that passes: edit its headers, and pass exactly `body` on. */
export interface Pass extends HeaderEdits {
  passes: true;
  /** The whole body of the request; empty where it has none. */
  body: Uint8Array;
}

/** An answer for the client in the place of the server's. */
export interface Refuse {
  passes: false;
  /** HTTP status. */
  status: number;
  /** Values by names in lower case. */
  headers: Record<string, string>;
  /** The body of the answer. */
  body: Uint8Array;
}

/** The head of a response that passes. */
export interface HeadPass extends HeaderEdits {
  passes: true;
}

/** A policy, its counters and its log: everything that requests have in common. */
export class Gateway {
  /** Throws a `TypeError` for an option of another type, and an `Error` where the memory cannot count for the policy. */
  constructor(policy: Policy, options?: GatewayOptions);
  /** The policy. */
  readonly policy: Policy;
  /** Begins the exchange of one request. It never throws: a failure is a refusal of the exchange. */
  exchange(context?: RequestContext): HttpExchange;
  /** Reports a failure to `onError`. It never throws. */
  report(error: unknown): void;
  /** The refusal of a request that could not be judged, after a report of the failure. */
  failed(error: unknown): Refuse;
}

/**
 * One request on its way to a verdict, and its response. Call the methods in the order of the HTTP exchange.
 *
 * No method throws or rejects. A failure is reported to `onError`; it refuses the request, or ends the response. A result is
 * a promise only where the counters or another option return one. Until it settles, further calls wait for their turn.
 */
export class HttpExchange {
  private constructor();
  /** The caller's name in the log; undefined for a caller that the policy does not admit. */
  readonly caller: string | undefined;
  /**
   * Begins with the header fields: names and values in turn, `":method"` among them; `":path"` and `":authority"` where the policy knows
   * servers by path or host. Each character is one byte. `endOfStream` means that no body follows. Undefined asks for the body. A
   * request without `x-request-id` gets one in the log and in its refusal.
   */
  begin(headers: readonly string[], endOfStream: boolean): Awaitable<Pass | Refuse | undefined>;
  /**
   * A piece of the request's body, copied. Undefined asks for more. The exchange holds at most `policy.maxRequestBytes`: a
   * longer body is refused with the piece that exceeds it.
   */
  body(bytes: Uint8Array): Awaitable<Refuse | undefined>;
  /** The request's body is complete. */
  end(): Awaitable<Pass | Refuse>;
  /** All of `begin`, `body` and `end` for a request whose body is at hand; none where it is left out. */
  judge(headers: readonly string[], body?: Uint8Array): Awaitable<Pass | Refuse>;
  /**
   * The head of the response, header fields as in `begin`. Interim ones (1xx) may come before. With `endOfStream`, no body
   * follows. After a refusal, nothing of the server's response goes on.
   */
  responseHead(status: number, headers: readonly string[], endOfStream: boolean): Awaitable<HeadPass | Refuse>;
  /**
   * A piece of the response's body, and whether it is the last: the bytes to pass on in its place, possibly none. Null ends the
   * connection to the client without them.
   */
  responseBody(bytes: Uint8Array, endOfStream: boolean): Awaitable<Uint8Array | null>;
  /**
   * The exchange is over: it is complete, or a side closed the connection. Call it for every request that passed; further calls do
   * nothing. `"unsent"` means that no byte of a request that passed reached the server, so that its charges are taken back.
   */
  close(delivery?: "unsent"): void;
}
