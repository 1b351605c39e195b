// The types of `redis.js`: counters in a Redis that several processes share.
import type { Exchange, Policy, Step } from "mcp-policy";
import type { Counters } from "./http.js";

/** A client of the package `redis`, of one server, or one of `ioredis`. The program makes, connects and closes it. */
export type RedisClient =
  | { readonly isReady: boolean; sendCommand(parts: string[]): Promise<unknown> }
  | { readonly status: string; call(command: string, ...parts: string[]): Promise<unknown> };

/** Settings of `redisCounters`. */
export interface RedisOptions {
  /**
   * The longest wait for an answer of Redis, in milliseconds from 1; 50 by default. A call whose counts need longer is refused, and
   * not counted where the answer comes after all.
   */
  timeout?: number;
  /**
   * How long sessions and tasks that servers issued are remembered after they were last asked for, in milliseconds from 1; a day by
   * default. A forgotten one is refused. The values of pinned tools have no end.
   */
  stateTtl?: number;
  /** Begins all keys, unless the policy's `host.namespace` does; `"mcp-policy"` by default. */
  namespace?: string;
}

/** Counters in a Redis: the option `counters` of every adapter. */
export interface RedisCounters extends Counters {
  /** The secret that all with this Redis and this namespace have, for `context.seed`: 16 bytes. */
  readonly seed: Uint8Array;
  /** As `Counters.resolve`. A call that cannot be counted is refused. Throws as `exchange.feed` does. */
  resolve(exchange: Exchange, step: Step, now: number): Promise<Step>;
  /** Whether an approval, `reply.hold.approval`, still waits for a person. Only this process knows its approvals. */
  isPending(approval: string, now: number): boolean;
}

/**
 * Counts in the Redis of a client, with all other programs that use the same namespace there.
 *
 * Throws where Redis does not answer within 5 seconds, removes keys when its memory is full (`maxmemory-policy`), or holds
 * something else under the key of the seed.
 */
export function redisCounters(policy: Policy, client: RedisClient, options?: RedisOptions): Promise<RedisCounters>;
