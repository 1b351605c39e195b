// The types of `sdk.js`: a policy around a transport of the MCP SDKs for TypeScript.
import type { Policy } from "mcp-policy";
import type { Awaitable, GatewayOptions, VerifiedIdentity } from "./http.js";

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

/**
 * The settings of a transport. Its functions get the `extra` that a server's transport gives a message, such as `authInfo`; undefined on
 * the side of a client. Where one throws, the message is refused. No answer waits for a person: it would hold up all others.
 */
export interface GovernOptions extends GatewayOptions {
  /** Who uses the transport: `"server"` where its messages come from clients, `"client"` where they come from a server. */
  side: "server" | "client";
  /**
   * Where calls are counted. The default is the memory of this transport: each counts alone, and those of a server over HTTP, which has
   * one for each session, need the same counters.
   */
  counters?: GatewayOptions["counters"];
  /**
   * Takes each line of the audit log, which is JSON without a line end. The default is `console.error`, because the standard output may
   * be the transport; `false` logs nothing. If it throws or rejects, the message is refused.
   */
  log?: GatewayOptions["log"];
  /**
   * Takes each failure by which a message was refused. The default is `console.error`, and then the `onerror` of the transport, which is
   * also told of other messages that do not arrive.
   */
  onError?: GatewayOptions["onError"];
  /**
   * The identities that the program verified: `(extra) => ({ claims: extra.authInfo?.extra })`. Needed where the policy knows callers by
   * them. Never return a value that the client only claims.
   */
  verified?: ((extra: any) => Awaitable<VerifiedIdentity | undefined>) | undefined;
  /** The address of the client. Needed where a rule of the policy reads it. */
  peer?: ((extra: any) => string | undefined) | undefined;
  /** The name of the cluster of servers that the message goes to, where the policy knows servers by it. Never a name that the client claims. */
  cluster?: string | ((extra: any) => string | undefined) | undefined;
  /**
   * Headers that the policy reads, names and values in turn: `":path"`, `":authority"`, `"authorization"`, or one that a gateway sets. Those
   * of MCP itself are there already.
   */
  headers?: ((extra: any) => readonly string[]) | undefined;
}

/**
 * A transport for `server.connect` or `client.connect` that judges each message by the policy. Use the given transport for nothing
 * but its own methods, such as `handleRequest`.
 *
 * A refused request is answered as the policy says, and the other side does not see it. Other messages that are refused do not
 * arrive, and `onerror` tells. A request is refused, too, with the id of one that has no answer yet, and beside 1024 that have none.
 *
 * Throws a `TypeError` where an option is invalid, or missing although the policy needs it.
 */
export function governTransport(transport: Transport, policy: Policy, options: GovernOptions): Transport;
