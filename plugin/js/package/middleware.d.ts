// The types of `middleware.js`: a policy as a middleware of Express, Connect and `node:http`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Policy } from "mcp-policy";
import type { Awaitable, GatewayOptions, VerifiedIdentity } from "./http.js";

/** The settings of a middleware. */
export interface MiddlewareOptions<Request extends IncomingMessage = IncomingMessage> extends GatewayOptions {
  /**
   * The identities that an earlier middleware verified, such as the claims of a token: `(req) => ({ claims: req.auth })`. Needed where the
   * policy knows callers by them. Never return a value that the client only claims. If it throws, the request is refused.
   */
  verified?: ((req: Request) => Awaitable<VerifiedIdentity | undefined>) | undefined;
  /**
   * The address of the client; read where a rule of the policy needs it. The default is that of the socket, which is a proxy's where
   * one stands before the server.
   */
  peer?: ((req: Request) => string | undefined) | undefined;
  /**
   * The name of the cluster of servers that the request goes to, where the policy knows servers by it. Never a name that the client
   * claims.
   */
  cluster?: string | ((req: Request) => string | undefined) | undefined;
}

/**
 * A middleware that judges every request that reaches it, and passes on those that the policy admits, with a response that the
 * policy may edit. Put it before `express.json()` and everything else that reads the body: `app.use("/mcp", createMiddleware(policy))`.
 * Both then find the body unread.
 *
 * Throws a `TypeError` where an option is invalid, or missing although the policy needs it.
 */
export function createMiddleware<Request extends IncomingMessage = IncomingMessage>(
  policy: Policy,
  options?: MiddlewareOptions<Request>,
): (req: Request, res: ServerResponse, next: (error?: unknown) => void) => void;
