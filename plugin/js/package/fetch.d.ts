// The types of `fetch.js`: a policy around a handler of the Fetch API.
import type { Policy } from "mcp-policy";
import type { Awaitable, GatewayOptions, VerifiedIdentity } from "./http.js";

/** The settings of a handler. */
export interface FetchOptions extends GatewayOptions {
  /**
   * The identities that the program verified, such as the claims of a token. Needed where the policy knows callers by them. Never return
   * a value that the client only claims. If it throws, the request is refused.
   */
  verified?: ((request: Request) => Awaitable<VerifiedIdentity | undefined>) | undefined;
  /** The address of the client, as the platform tells it. Needed where a rule of the policy reads it. */
  peer?: ((request: Request) => string | undefined) | undefined;
  /**
   * The name of the cluster of servers that the request goes to, where the policy knows servers by it. Never a name that the client
   * claims.
   */
  cluster?: string | ((request: Request) => string | undefined) | undefined;
}

/**
 * A handler that judges every request, passes on those that the policy admits to `handler`, and edits its responses. Further
 * arguments, such as those of a Worker, are passed on. It never rejects: where `handler` does, the client gets the
 * status 503, and `onError` the error.
 *
 * Throws a `TypeError` where an option is invalid, or missing although the policy needs it.
 */
export function createFetchHandler<Rest extends unknown[]>(
  policy: Policy,
  handler: (request: Request, ...rest: Rest) => Awaitable<Response>,
  options?: FetchOptions,
): (request: Request, ...rest: Rest) => Promise<Response>;
