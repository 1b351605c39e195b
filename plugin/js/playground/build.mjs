// Turns the sources of the playground, the npm package and the cases of `policies/` into a folder of files for any web server.
//
// The pages load nothing from elsewhere: all that they need is copied or bundled here.
//
// node build.mjs PACKAGE SITE: the folder of the built npm package, and the folder of the site.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, "../../..");
const [PACKAGE = path.join(ROOT, "target/dist/js"), SITE = path.join(ROOT, "target/site")] = process.argv.slice(2).map((given) => path.resolve(given));
const OUT = path.join(SITE, "playground");
const ASSETS = path.join(HERE, "../site/assets");
/** Recorded lists of tools to try. */
const LISTS = path.join(ROOT, "plugin/cli/tests/fixtures/tool-lists");
const RECORDED = ["fetch", "filesystem", "git", "github", "kubernetes", "memory", "shell", "slack", "sqlite", "stripe"];

/** The entry of the command line tool in browsers, with its module beside it. */
const TOOL = JSON.parse(fs.readFileSync(path.join(PACKAGE, "package.json"), "utf8")).exports["./tool"]?.default;
if (!TOOL) throw new Error(`${PACKAGE}/package.json exports no ./tool; build the package anew with make package`);

/** Resolves modules beyond the folder of packages. The tool is copied as it is, because it fetches its module. @type {import("esbuild").Plugin} */
const placed = {
  name: "placed",
  setup({ onResolve }) {
    onResolve({ filter: /^mcp-policy\/tool$/ }, () => ({ path: `./tool/${path.basename(TOOL)}`, external: true }));
    onResolve({ filter: /^site\/access$/ }, () => ({ path: path.join(HERE, "../site/catalogue/access.mjs") }));
  },
};

async function bundle() {
  await build({
    entryPoints: ["main", "engine-worker", "tool-worker"].map((name) => path.join(HERE, "src", `${name}.js`)),
    outdir: OUT, bundle: true, format: "esm", target: "es2022", minify: true, legalComments: "none", plugins: [placed], logLevel: "warning",
  });
}

/** The examples, each decided here by the package, and the lists. */
async function writeExamples() {
  const { examples } = await import("./examples.mjs");
  const { groups, left } = examples(ROOT);
  checkExamples(left);
  const lists = RECORDED.map((name) => ({ name, text: fs.readFileSync(path.join(LISTS, `${name}.json`), "utf8") }));
  fs.writeFileSync(path.join(OUT, "examples.json"), JSON.stringify({ groups, lists }));
  const number = groups.reduce((sum, { examples }) => sum + examples.length, 0);
  console.log(`${number} examples; ${left.length} cases are left out:\n${left.map((line) => `  ${line}`).join("\n")}`);
}

/** Every recipe is an example. @param {string[]} left */
function checkExamples(left) {
  const missing = left.filter((line) => line.startsWith("policies/recipes/"));
  if (missing.length) throw new Error(`no examples: ${missing.join("; ")}`);
}

/** The texts of the licences of everything that is bundled. */
function writeNotices() {
  const packages = Object.keys(JSON.parse(fs.readFileSync(path.join(HERE, "package-lock.json"), "utf8")).packages);
  const bundled = packages.filter((name) => /node_modules\/(@codemirror|@lezer|@marijn|crelt|style-mod|w3c-keyname)/.test(name));
  const notice = (/** @type {string} */ name) => {
    const folder = path.join(HERE, name);
    const licence = fs.readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    return `${name.replace("node_modules/", "")}\n\n${licence ? fs.readFileSync(path.join(folder, licence), "utf8") : "MIT"}`;
  };
  fs.writeFileSync(path.join(OUT, "LICENSES.txt"), bundled.map(notice).join(`\n${"-".repeat(72)}\n\n`));
}

function copyFiles() {
  fs.cpSync(ASSETS, SITE, { recursive: true });
  fs.copyFileSync(path.join(HERE, "playground.css"), path.join(OUT, "playground.css"));
  const files = fs.readdirSync(PACKAGE).filter((name) => /^tool.*\.(js|wasm)$|^LICENSE$|^THIRD_PARTY\.md$/.test(name));
  fs.mkdirSync(path.join(OUT, "tool"));
  for (const name of files) fs.copyFileSync(path.join(PACKAGE, name), path.join(OUT, "tool", name));
}

/** Makes the package resolvable for this program, for the bundle and for the types. */
function link() {
  const place = path.join(HERE, "node_modules/mcp-policy");
  fs.rmSync(place, { force: true, recursive: true });
  fs.symlinkSync(PACKAGE, place);
}

fs.rmSync(OUT, { force: true, recursive: true });
fs.mkdirSync(OUT, { recursive: true });
copyFiles();
link();
await bundle();
await writeExamples();
writeNotices();
const { page } = await import(new URL("page.mjs", import.meta.url).href);
fs.writeFileSync(path.join(OUT, "index.html"), page());
