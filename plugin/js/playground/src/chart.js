// Turns the counts of a limit after each call into a drawing.
//
// It says nothing that the table beside it does not say.

import { drawn, element } from "./dom.js";

/** @typedef {{ at: number, used: number, max: number, isOver: boolean }} Point */

const WIDEST = 640;
const HEIGHT = 96;
const LEFT = 8;
const RIGHT = 8;
const TOP = 14;
const BOTTOM = 18;
const BAR = 4;

/** A time since the start: `1m 30s`. @param {number} at milliseconds */
export function clock(at) {
  const units = /** @type {const} */ ([["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000], ["ms", 1]]);
  let rest = at;
  const parts = units.flatMap(([unit, size]) => {
    const number = Math.floor(rest / size);
    rest -= number * size;
    return number ? [`${number}${unit}`] : [];
  });
  return parts.slice(0, 2).join(" ") || "0s";
}

/** Where each bar stands: by its time, and never on the one before where there is room. @param {Point[]} points @param {number} width */
function places(points, width) {
  const first = points[0]?.at ?? 0;
  const span = (points.at(-1)?.at ?? 0) - first;
  const room = width - LEFT - RIGHT - BAR;
  const step = Math.min(BAR + 2, room / Math.max(points.length, 1));
  let last = -step;
  const wanted = points.map(({ at }, index) => (last = Math.max(span ? ((at - first) / span) * room : index * step, last + step)));
  const scale = Math.min(1, room / Math.max(last, 1));
  return wanted.map((x) => LEFT + x * scale);
}

/** @param {string} title @param {Point[]} points @param {number} room the width of the page's part, in pixels */
export function chart(title, points, room) {
  const width = Math.min(room || WIDEST, WIDEST);
  const max = Math.max(...points.map(({ max }) => max));
  const highest = Math.max(max, ...points.map(({ used }) => used), 1);
  const y = (/** @type {number} */ count) => HEIGHT - BOTTOM - (count / highest) * (HEIGHT - TOP - BOTTOM);
  const xs = places(points, width);
  const bars = points.map((point, index) => (point.isOver ? cross(xs[index] ?? 0, y(point.used)) : bar(xs[index] ?? 0, y(point.used), y(0))));
  const over = points.filter(({ isOver }) => isOver).length;
  const label = `${title}: ${points.length} calls counted, the highest count ${Math.max(...points.map(({ used }) => used))} of ${max}, ${over} beyond the limit`;
  const line = (/** @type {string} */ kind, /** @type {number} */ at) => drawn("line", { class: kind, x1: 0, x2: width, y1: at, y2: at });
  const text = (/** @type {number} */ x, /** @type {number} */ at, /** @type {string} */ anchor, /** @type {string} */ words) => drawn("text", { x, y: at, "text-anchor": anchor }, words);
  return element("figure", { class: "chart" }, element("figcaption", {}, element("code", {}, title), element("span", { class: "quiet" }, `at most ${max}${over ? `, ${over} beyond` : ""}`)),
    drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label },
      line("max", y(max)), line("base", y(0)), ...bars,
      text(0, HEIGHT - 4, "start", clock(points[0]?.at ?? 0)), text(width, HEIGHT - 4, "end", clock(points.at(-1)?.at ?? 0))));
}

/** @param {number} x @param {number} top @param {number} base */
const bar = (x, top, base) => drawn("rect", { class: "used", x: x.toFixed(1), y: top.toFixed(1), width: BAR, height: Math.max(base - top, 1).toFixed(1), rx: 1 });

/** @param {number} x @param {number} y */
const cross = (x, y) => drawn("path", { class: "over", d: `M${(x - 1).toFixed(1)} ${(y - 3).toFixed(1)}l6 6m0-6l-6 6` });
