// Adds what a page can do without: buttons that copy code, and a search over the index of the site.
//
// It never writes HTML: what it shows is text.

const LIMIT = 25;

for (const block of document.querySelectorAll("main pre")) {
  if (!navigator.clipboard) break;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  const frame = Object.assign(document.createElement("div"), { className: "copied" });
  block.replaceWith(frame);
  frame.append(block, button);
}

const box = document.querySelector("search[data-index]");
if (box) startSearch(box);

function startSearch(box) {
  const input = box.querySelector("input");
  const index = new URL(box.dataset.index, document.baseURI);
  let entries;
  const load = () => (entries ??= fetch(index).then((answer) => answer.json()).then((list) => list.map(prepared)));
  const answer = async () => {
    const query = input.value;
    const list = await load();
    if (query === input.value) show(box, query, search(list, query), index);
  };
  box.hidden = false;
  input.addEventListener("focus", load);
  input.addEventListener("input", answer);
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) input.value = asked;
  if (input.value) answer();
}

function prepared(entry) {
  return { ...entry, titles: words(entry.title), others: words(`${entry.words} ${entry.of ?? ""}`) };
}

function words(text) {
  return text.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

/** The entries that hold each word of the query; where there is none, those that hold most of them. */
function search(entries, query) {
  const wanted = words(query);
  if (wanted.length === 0) return [];
  const rated = entries.map((entry) => rate(entry, wanted, query)).filter(({ held }) => held > 0);
  const most = Math.max(...rated.map(({ held }) => held));
  return rated.filter(({ held }) => held === most).sort((one, other) => other.score - one.score).map(({ entry }) => entry);
}

/** What leads to a rule goes before what is read about it. */
const KINDS = { access: 7, tool: 6, attack: 3, server: 3, document: 1, section: 0 };

function rate(entry, wanted, query) {
  const points = wanted.map((word) => Math.max(match(entry.titles, word) * 4, match(entry.others, word)));
  const whole = entry.title.toLowerCase() === query.trim().toLowerCase() ? 20 : 0;
  const score = points.reduce((sum, one) => sum + one, whole + KINDS[entry.kind]);
  return { entry, held: points.filter((one) => one > 0).length, score };
}

/** 2 for the whole word, 1 for its beginning. */
function match(known, word) {
  if (known.includes(word)) return 2;
  return known.some((one) => one.startsWith(word)) ? 1 : 0;
}

function show(box, query, found, index) {
  const items = found.slice(0, LIMIT).map((entry) => {
    const link = Object.assign(document.createElement("a"), { href: new URL(entry.address, index), textContent: entry.title });
    const of = Object.assign(document.createElement("span"), { className: "quiet small", textContent: entry.of ?? entry.kind });
    const item = document.createElement("li");
    item.append(link, " ", of);
    return item;
  });
  box.querySelector("ol").replaceChildren(...items);
  const number = found.length > LIMIT ? `The first ${LIMIT} of ${found.length} results` : `${found.length} result${found.length === 1 ? "" : "s"}`;
  box.querySelector("#found").textContent = query.trim() ? number : "";
}
