// Turns the project into its site: `node build.mjs --root PROJECT --tool TOOL --out FOLDER`.
//
// It removes nothing from the folder but the pages and files that it writes: the playground has a folder of its own there.

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { catalogue } from "./catalogue/data.mjs";
import { cataloguePages } from "./catalogue/index.mjs";
import { addressOf, collect, documents } from "./documents.mjs";
import { frontPage } from "./front.mjs";
import { INDEX } from "./search.mjs";
import { openTool } from "./tool.mjs";

const ASSETS = path.join(import.meta.dirname, "assets");
const OWN = ["documents", "catalogue"];

const { values } = parseArgs({ options: { root: { type: "string" }, tool: { type: "string" }, out: { type: "string" }, lists: { type: "string" } } });
for (const name of ["root", "tool", "out"]) if (!values[name]) throw new Error(`build.mjs: write --${name} PATH`);
const { root, out } = values;

const collected = collect(root);
const facts = catalogue(root, await openTool(values.tool), values.lists);
const attacks = new Map(facts.attacks.map(({ file, name }) => [file, `catalogue/attacks/${name}.html`]));
const fromDocuments = documents(collected, (file) => attacks.get(file));
const fromCatalogue = cataloguePages(facts);
const counts = { tools: facts.tools.length, servers: facts.servers.length, attacks: facts.attacks.length };

for (const folder of OWN) fs.rmSync(path.join(out, folder), { recursive: true, force: true });
for (const [address, text] of [...fromDocuments.pages, ...fromCatalogue.pages]) write(address, text);
for (const file of [...collected.files, ...attacks.keys()]) copy(path.join(root, file), addressOf(file));
for (const file of fs.readdirSync(ASSETS)) copy(path.join(ASSETS, file), file);
write(INDEX, JSON.stringify([...fromCatalogue.entries, ...fromDocuments.entries]));
// Last, because `make` takes it for the whole site.
write("index.html", frontPage(collected.pages.get("README.md"), counts));

function write(address, text) {
  const place = path.join(out, address);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, text);
}

function copy(from, address) {
  const place = path.join(out, address);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.copyFileSync(from, place);
}
