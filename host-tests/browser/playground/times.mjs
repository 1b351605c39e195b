// Turns visits of the playground into the medians of their times.
//
// It judges no time.

import { paste, reads, verdict } from "./visitor.mjs";

const VISITS = 20;

const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

/** The first paint of a visit and of a decision after an edit, in milliseconds. */
export async function times(visitor) {
  const paints = [];
  const firsts = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const tab = await visitor.tab();
    await reads(verdict(tab), /Refused/);
    const [paint, first] = await tab.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime, performance.getEntriesByName("decision")[0]]
      .map((entry) => (typeof entry === "number" ? entry : entry && entry.startTime + entry.duration)));
    paints.push(paint);
    firsts.push(first);
    await tab.context().close();
  }
  const tab = await visitor.tab();
  for (let edit = 0; edit < VISITS; edit += 1) {
    await paste(tab, "Message", JSON.stringify({ jsonrpc: "2.0", id: edit, method: "tools/call", params: { name: `tool_${edit}` } }));
    await reads(verdict(tab), new RegExp(`tool_${edit} `));
  }
  const decisions = await tab.evaluate(() => performance.getEntriesByName("decision").map(({ duration }) => duration));
  await visitor.end();
  return { visits: VISITS, first_paint_ms: Math.round(median(paints)), first_decision_ms: Math.round(median(firsts)), decision_ms: Number(median(decisions.slice(-VISITS)).toFixed(1)) };
}
