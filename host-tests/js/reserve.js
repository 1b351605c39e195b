// Counts in a map what an exchange asks to have counted: what a program with counts of its own does, without a `Store`.
//
// It never forgets a count. The README of the package shows it.

/** Counts under counter, subject and the end of the window. @type {Map<string, bigint>} */
export const counts = new Map();

/** @param {import("mcp-policy").Charge} charge */
const key = ({ counter, subject, ends }) => JSON.stringify([counter, subject, ends]);

/** Adds all charges or none. @param {import("mcp-policy").Charge[]} charges @returns {import("mcp-policy").Reservation} */
export function reserve(charges) {
  const passed = charges
    .flatMap((charge, index) => {
      const { subject, cost, ends, maxima } = charge;
      const used = counts.get(key(charge)) ?? 0n;
      const all = maxima.map((of, maximum) => ({ ...of, at: { charge: index, maximum }, used, ends }));
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
    const used = (counts.get(key(charge)) ?? 0n) + (added ? charge.cost : 0n);
    if (added) counts.set(key(charge), used);
    return { used, ends: charge.ends, shadowed, added };
  });
  return { type: "reserved", tallies };
}
