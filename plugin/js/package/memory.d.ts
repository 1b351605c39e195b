// The types of `memory.js`.
import type { Policy, Store } from "mcp-policy";

/**
 * Counters in the memory of this process. They begin anew with a restart, and other processes do not see them. Gateways with the
 * same counters count together. Throws where the policy's counts do not fit `host.slots`.
 */
export function memoryCounters(policy: Policy): Store;
