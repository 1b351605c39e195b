// Counts and remembers in maps what an exchange asks: what a program with counts of its own does, without a `Store`.
//
// It never forgets. The README of the package shows it.

/** What each subject has counted, and when that ends. @type {Map<string, { used: bigint, ends: number }[]>} */
export const counts = new Map();

/** @typedef {import("mcp-policy").Charge} Charge */

/** @param {{ counter: string, subject?: string }} charge */
const key = ({ counter, subject }) => JSON.stringify([counter, subject]);

/** What is still counted, the first to end first. @param {Charge} charge @param {number} now */
const counted = (charge, now) => (counts.get(key(charge)) ?? []).filter(({ ends }) => ends > now);

/** Adds all charges or none. @param {Charge[]} charges @param {number} now @returns {import("mcp-policy").Reservation} */
export function reserve(charges, now) {
  const passed = charges
    .flatMap((charge, index) => {
      const { subject, cost, maxima } = charge;
      const entries = counted(charge, now);
      const used = entries.reduce((sum, entry) => sum + entry.used, 0n);
      const ends = (/** @type {bigint} */ excess) => entries.find((entry) => (excess -= entry.used) <= 0n)?.ends ?? charge.ends;
      const all = maxima.map((of, maximum) => ({ ...of, at: { charge: index, maximum }, used, ends: ends(used + cost - of.max) }));
      return all.filter(({ max }) => subject === undefined || used + cost > max);
    })
    .sort((one, other) => one.order - other.order);
  const full = passed.find(({ enforced }) => enforced);
  if (full) {
    const shadowed = passed.filter(({ enforced, order }) => !enforced && order < full.order);
    return { type: "full", at: full.at, used: full.used, ends: full.ends, shadowed: shadowed.map(({ at }) => at) };
  }
  const tallies = charges.map((charge, index) => {
    const shadowed = passed.find(({ at }) => at.charge === index)?.at.maximum;
    const added = shadowed === undefined || charge.maxima.some(({ enforced }) => enforced);
    const entries = counted(charge, now);
    if (added && charge.cost > 0n) {
      if (charge.window.type === "lasting") entries.forEach((entry) => (entry.ends = charge.ends));
      entries.push({ used: charge.cost, ends: charge.ends });
      counts.set(key(charge), entries);
    }
    return { used: entries.reduce((sum, entry) => sum + entry.used, 0n), ends: charge.ends, shadowed, added };
  });
  return { type: "reserved", tallies };
}

/** Takes back what calls have added that did not run. @param {import("mcp-policy").Refund[]} refund */
export function giveBack(refund) {
  for (const { cost, ends, ...charge } of refund) {
    const entry = counts.get(key(charge))?.find((entry) => entry.ends === ends && entry.used >= cost);
    if (entry) entry.used -= cost;
  }
}

/** What was learnt of each topic. @type {Map<string, Uint8Array>} */
export const memories = new Map();

/** @param {import("mcp-policy").Topic[]} topics */
export const recall = (topics) => topics.map(({ name }) => memories.get(name) ?? null);

/** @param {import("mcp-policy").Memo[]} memos */
export function remember(memos) {
  for (const { topic, learnt, first } of memos) if (!first || !memories.has(topic.name)) memories.set(topic.name, learnt);
}
