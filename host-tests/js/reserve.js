// Counts and remembers in maps what an exchange asks: what a program with counts of its own does, without a `Store`.
//
// It never forgets. The README of the package shows it.

/** What each subject has counted, and when that ends. @type {Map<string, { used: bigint, ends: number }[]>} */
export const counters = new Map();

/** @typedef {import("mcp-policy").Charge} Charge */

/** @param {{ counter: string, subject?: string }} charge */
const key = ({ counter, subject }) => JSON.stringify([counter, subject]);

/** What is still counted, the first to end first. @param {Charge} charge @param {number} now */
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

/** Takes back what calls have added that did not run. @param {import("mcp-policy").Refund[]} refund */
export function takeBack(refund) {
  for (const { cost, ends, ...charge } of refund) {
    const entry = counters.get(key(charge))?.find((entry) => entry.ends === ends && entry.used >= cost);
    if (entry) entry.used -= cost;
  }
}

/** The value of each key. @type {Map<string, Uint8Array>} */
export const values = new Map();

/** @param {import("mcp-policy").StateKey[]} keys */
export const lookup = (keys) => keys.map(({ name }) => values.get(name) ?? null);

/** @param {import("mcp-policy").StateWrite[]} writes */
export function write(writes) {
  for (const { key, value, ifAbsent } of writes) if (!ifAbsent || !values.has(key.name)) values.set(key.name, value);
}
