// Turns the examples of the repository into a list that a person searches, and a choice into a callback.
//
// It loads the examples once, from beside the page.

import { byId, element, show } from "./dom.js";

/** @typedef {{ id: string, title: string, about: string, policy: string, calls: string[], refused: boolean[] }} Example */
/** @typedef {{ groups: { heading: string, examples: Example[] }[], lists: { name: string, text: string }[] }} Examples */

/** @type {Promise<Examples> | undefined} */
let loaded;
/** @returns {Promise<Examples>} */
export const examples = () => (loaded ??= fetch(new URL("examples.json", import.meta.url)).then((answer) => answer.json()));

/** @param {(example: Example) => void} choose */
export function picker(choose) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("examples"));
  const search = /** @type {HTMLInputElement} */ (byId("search"));
  const list = async () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { groups } = await examples();
    const fits = (/** @type {Example} */ { id, title, about }) => words.every((word) => `${id} ${title} ${about}`.toLowerCase().includes(word));
    const shown = groups.map(({ heading, examples }) => ({ heading, examples: examples.filter(fits) })).filter(({ examples }) => examples.length);
    const number = shown.reduce((sum, { examples }) => sum + examples.length, 0);
    show(byId("found"), number === 1 ? "1 example" : `${number} examples`);
    show(byId("listed"), ...shown.flatMap(({ heading, examples }) => [element("h3", {}, heading), element("ul", {}, ...examples.map(item))]));
  };
  const item = (/** @type {Example} */ example) => element("li", {}, element("button", { type: "button", class: "link", click: () => take(example) }, example.title), element("p", {}, example.about));
  const take = (/** @type {Example} */ example) => {
    dialog.close();
    choose(example);
  };
  search.addEventListener("input", list);
  byId("close-examples").addEventListener("click", () => dialog.close());
  byId("open-examples").addEventListener("click", async () => {
    await list();
    dialog.showModal();
    search.focus();
  });
}
