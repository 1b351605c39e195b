// Turns the options of a program into settings with all their defaults, and its context of a request into that of an exchange.
//
// It never passes an identity to a policy that does not need it: each one given counts as a credential.

/**
 * @typedef {import("./http.d.ts").GatewayOptions} GatewayOptions
 * @typedef {import("./http.d.ts").RequestContext} RequestContext
 * @typedef {import("mcp-policy").Policy} Policy
 * @typedef {Required<Omit<GatewayOptions, "log" | "service" | "notify">> & {
 *   counters: import("./http.d.ts").Counters, onError: (error: unknown) => void, timeout: number, now: () => number,
 *   log: (line: string) => unknown, service: GatewayOptions["service"], notify: GatewayOptions["notify"] }} Settings
 */

const TIMEOUT = 5000;
const LONGEST_TIMEOUT = 600_000;

/** @param {GatewayOptions} options @param {() => import("./http.d.ts").Counters} memory @returns {Settings} */
export function settings(options, memory) {
  const { counters, log, onError, service, notify, timeout = TIMEOUT, now } = options;
  for (const [name, value] of Object.entries({ onError, service, notify, now, log: log || undefined })) {
    if (value !== undefined && typeof value !== "function") throw new TypeError(`\`options.${name}\` is not a function`);
  }
  if (counters !== undefined && typeof counters?.resolve !== "function") {
    throw new TypeError("`options.counters` has no `resolve`: give a Store, `memoryCounters(policy)` or counters of your own");
  }
  if (!Number.isInteger(timeout) || timeout < 1 || timeout > LONGEST_TIMEOUT) {
    throw new TypeError(`\`options.timeout\` is ${timeout}: write milliseconds, 1 to ${LONGEST_TIMEOUT}`);
  }
  return {
    counters: counters ?? memory(),
    log: log === false ? () => undefined : (log ?? ((line) => console.log(line))),
    onError: onError ?? ((error) => console.error(error)),
    service,
    notify,
    timeout,
    now: now ?? (() => Date.now()),
  };
}

/**
 * What an adapter's program tells about each request `R`.
 * @template R
 * @typedef {{
 *   peer?: ((request: R) => string | undefined) | undefined,
 *   verified?: ((request: R) => import("./http.d.ts").Awaitable<import("./http.d.ts").VerifiedIdentity | undefined>) | undefined,
 *   cluster?: string | ((request: R) => string | undefined) | undefined }} Sources
 */

/**
 * The function that asks the program about a request. Throws where the policy needs a fact of each request without a source.
 * @template R
 * @param {Policy} policy @param {Sources<R>} sources @returns {(request: R) => Promise<RequestContext>}
 */
export function sourced(policy, { peer, verified, cluster }) {
  requireSources(policy, { peer, verified, cluster });
  return async (request) => ({
    peer: policy.needsPeer ? peer?.(request) : undefined,
    verified: (await verified?.(request)) ?? undefined,
    cluster: typeof cluster === "function" ? cluster(request) : cluster,
  });
}

/** @param {Policy} policy @param {{ peer: unknown, verified: unknown, cluster: unknown }} sources */
function requireSources(policy, { peer, verified, cluster }) {
  const { needsClaims, needsUriSan, needsDnsSan, needsSubject } = policy;
  const needed = { claims: needsClaims, uriSan: needsUriSan, dnsSan: needsDnsSan, subject: needsSubject };
  const names = Object.entries(needed).flatMap(([name, needed]) => (needed ? [name] : []));
  if (names.length > 0 && !verified) {
    throw new TypeError(`the policy knows callers by identities that the program verifies: write \`options.verified\`, a function that returns { ${names.join(", ")} } of a request`);
  }
  if (policy.needsPeer && !peer) {
    throw new TypeError("the policy reads the address of the peer: write `options.peer`, a function that returns it for a request");
  }
  if (policy.needsCluster && !cluster) {
    throw new TypeError("the policy knows servers by cluster: write `options.cluster`, the name of the cluster behind this handler");
  }
}

/**
 * @param {Policy} policy @param {RequestContext} context @param {Uint8Array} seed
 * @returns {import("mcp-policy").HostContext}
 */
export function contextOf(policy, { peer, verified = {}, cluster }, seed) {
  const { claims, uriSan, dnsSan, subject } = verified;
  return {
    seed,
    peer: policy.needsPeer ? peer : undefined,
    cluster: policy.needsCluster ? cluster : undefined,
    verified: {
      claims: policy.needsClaims ? textOf(claims) : undefined,
      uriSan: policy.needsUriSan ? uriSan : undefined,
      dnsSan: policy.needsDnsSan ? dnsSan : undefined,
      subject: policy.needsSubject ? subject : undefined,
    },
  };
}

/** @param {string | object | undefined} claims */
const textOf = (claims) => (typeof claims === "object" ? JSON.stringify(claims) : claims);
