// Answers an exchange's questions from maps, like a program with counts of its own and without a `Store`.
//
// It never forgets. The README of the package shows it.

/** The counts of each subject, and when they end. @type {Map<string, { used: bigint, ends: number }[]>} */
export const counters = new Map();

/** @typedef {import("mcp-policy").Charge} Charge */

/** @param {{ counter: string, subject?: string }} charge */
const key = ({ counter, subject }) => JSON.stringify([counter, subject]);

/** The counts that have not ended, in the order of their ends. @param {Charge} charge @param {number} now */
const counted = (charge, now) => (counters.get(key(charge)) ?? []).filter(({ ends }) => ends > now);

/** Adds all charges or none. @param {Charge[]} charges @param {number} now @returns {import("mcp-policy").Reservation} */
export function reserve(charges, now) {
  const passed = charges
    .flatMap((charge, index) => {
      const { subject, cost, limits } = charge;
      const entries = counted(charge, now);
      const used = entries.reduce((sum, entry) => sum + entry.used, 0n);
      const ends = (/** @type {bigint} */ excess) => entries.find((entry) => (excess -= entry.used) <= 0n)?.ends ?? charge.ends;
      const all = limits.map((of, limit) => ({ ...of, at: { charge: index, limit }, used, ends: ends(used + cost - of.max) }));
      return all.filter(({ max }) => subject === undefined || used + cost > max);
    })
    .sort((one, other) => one.position - other.position);
  const full = passed.find(({ enforced }) => enforced);
  if (full) {
    const shadowed = passed.filter(({ enforced, position }) => !enforced && position < full.position);
    return { type: "full", at: full.at, used: full.used, ends: full.ends, shadowed: shadowed.map(({ at }) => at) };
  }
  const counts = charges.map((charge, index) => {
    const shadowed = passed.find(({ at }) => at.charge === index)?.at.limit;
    const added = shadowed === undefined || charge.limits.some(({ enforced }) => enforced);
    const entries = counted(charge, now);
    if (added && charge.cost > 0n) {
      if (charge.window.type === "extending") entries.forEach((entry) => (entry.ends = charge.ends));
      entries.push({ used: charge.cost, ends: charge.ends });
      counters.set(key(charge), entries);
    }
    return { used: entries.reduce((sum, entry) => sum + entry.used, 0n), ends: charge.ends, shadowed, added };
  });
  return { type: "reserved", counts };
}

/** The charges of calls that became tasks, by the names of the tasks. @type {Map<string, import("mcp-policy").Refund[]>} */
const kept = new Map();

/** Takes back the charges of calls that did not run or have ended, and keeps those of tasks. @param {import("mcp-policy").Refund[]} refund */
export function takeBack(refund) {
  for (const { task, ...charge } of refund) {
    if (task) kept.set(task.name, [...(kept.get(task.name) ?? []), charge]);
    else takeOff(charge);
  }
}

/** Takes back the charges of tasks that ended, once. @param {import("mcp-policy").StateKey[]} tasks */
export function finish(tasks) {
  for (const { name } of tasks) {
    kept.get(name)?.forEach(takeOff);
    kept.delete(name);
  }
}

/** @param {import("mcp-policy").Refund} charge */
function takeOff({ cost, ends, ...charge }) {
  const entry = counters.get(key(charge))?.find((entry) => entry.ends === ends && entry.used >= cost);
  if (entry) entry.used -= cost;
}

/** The value of each key, for each of its owners. @type {Map<string, Map<string | undefined, Uint8Array>>} */
export const values = new Map();

/** An owner's value for a key that only others have. */
const OF_OTHERS = new Uint8Array([1]);

/** @param {import("mcp-policy").StateKey[]} keys */
export const lookup = (keys) =>
  keys.map(({ name, owner }) => values.get(name)?.get(owner) ?? (values.has(name) ? OF_OTHERS : null));

/** @param {import("mcp-policy").StateWrite[]} writes */
export function write(writes) {
  for (const { key, value, ifAbsent } of writes) {
    const owners = values.get(key.name) ?? new Map();
    if (!ifAbsent || !owners.has(key.owner)) owners.set(key.owner, value);
    values.set(key.name, owners);
  }
}

/** How long a call may take: the policy's `host.longest_call`. */
const LONGEST_CALL = 600_000;

/** The ids under way: the times until which each is open, and then unclear. @type {Map<string, { open: number, unclear: number }>} */
export const ids = new Map();

/** @param {import("mcp-policy").RequestKey} request */
const name = ({ session, id }) => JSON.stringify([session, id]);

/** Opens an id that is not in use. @param {import("mcp-policy").RequestKey} request @param {number} now @returns {import("mcp-policy").Opening} */
export function open(request, now) {
  const found = ids.get(name(request));
  if (found && found.open > now) return { type: "inUse" };
  if (!request.isIssued) return { type: "unclear" };
  const last = now + 2 * LONGEST_CALL;
  if (found && found.unclear > now) {
    found.unclear = Math.max(found.unclear, last);
    return { type: "unclear" };
  }
  const opening = now + LONGEST_CALL;
  ids.set(name(request), { open: opening, unclear: last });
  return { type: "open", opening };
}

/** Ends an opened id. @param {import("mcp-policy").IdEnd} end @param {number} now */
export function close({ key, opening, isAnswered }, now) {
  const found = ids.get(name(key));
  if (found?.open !== opening) return;
  const late = found.open <= now;
  found.open = 0;
  if (late) found.unclear = Math.max(found.unclear, now + LONGEST_CALL);
  else if (isAnswered) ids.delete(name(key));
  else found.unclear = now + LONGEST_CALL;
}
