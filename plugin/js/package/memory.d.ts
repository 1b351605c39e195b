// The types of `memory.js`: counters in the memory of this process.
import type { Exchange, Policy, Step } from "mcp-policy";
import type { Counters } from "./http.js";

/** Counters in the memory of this process: the option `counters` of every adapter. */
export interface MemoryCounters extends Counters {
  /** As `Store.resolve`. */
  resolve(exchange: Exchange, step: Step, now: number): Step;
  /** As `Store.resolveApprovals`. */
  resolveApprovals(exchange: Exchange, step: Step, now: number): Step;
  /** As `Store.isPending`. */
  isPending(approval: string, now: number): boolean;
}

/**
 * Counters in the memory of this process. They begin anew with a restart, and other processes do not see them. Gateways with the
 * same counters count together. Throws where the policy's counts do not fit `host.slots`.
 */
export function memoryCounters(policy: Policy): MemoryCounters;
