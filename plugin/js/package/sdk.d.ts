import type { Exchange, HostContext, Policy, Step } from "mcp-policy";

/** The interface `Transport` of the MCP SDKs for TypeScript, version 1 and 2. */
export interface Transport {
  start(): Promise<void>;
  send(message: any, options?: any): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: any, extra?: any) => void) | undefined;
  sessionId?: string | undefined;
  setProtocolVersion?: ((version: string) => void) | undefined;
}

/** Settings of `governTransport`. */
export interface GovernOptions {
  /** Who uses the transport: `"server"` where its messages come from clients, `"client"` where they come from a server. */
  side: "server" | "client";
  /** A `Store`, or `await redisCounters(…)`. Transports with the same one count together. */
  counters: {
    readonly seed: Uint8Array;
    resolve(exchange: Exchange, step: Step, now: number): Step | Promise<Step>;
  };
  /**
   * The identity that the program verified, for a message with the `extra` that a server's transport gives it, such as `authInfo`.
   * A client has none. Where it throws, the message is refused.
   */
  context?: ((extra: any) => Omit<HostContext, "seed">) | undefined;
  /**
   * Headers that the policy reads, names and values in turn: `":path"`, `":authority"`, `"authorization"`, or one that a gateway sets. Those
   * of MCP itself are there already.
   */
  headers?: ((extra: any) => readonly string[]) | undefined;
  /**
   * Takes each line of the audit log, which is JSON without a line end. The default is `console.error`, because the output may be the
   * transport; `false` logs nothing. If it throws or rejects, the message is refused.
   */
  log?: false | ((line: string) => unknown) | undefined;
}

/**
 * A transport for `server.connect` or `client.connect` that judges each message by the policy. Use the given transport for nothing
 * but its own methods, such as `handleRequest`.
 *
 * A refused request is answered as the policy says, and the other side does not see it. Other messages that are refused do not
 * arrive, and `onerror` tells. A request is refused, too, with the id of one that has no answer yet, and beside 1024 that have none.
 * Throws where an option is of another type.
 */
export function governTransport(transport: Transport, policy: Policy, options: GovernOptions): Transport;
