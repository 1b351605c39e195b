// Turns objects for Kubernetes, as a JSON list on the standard input, into a JSON list of texts: for each object its mistakes by
// the published models, one a line.
//
// It asks no cluster.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const require = createRequire(import.meta.url);

/** The model of an object: `apps/v1` and `Deployment` is the class of `kubernetes-models/apps/v1/Deployment`. */
function model({ apiVersion, kind }) {
  return require(`kubernetes-models/${apiVersion}/${kind}`)[kind];
}

/** A view of a value that notes the path of each member that is read: the models read only members that they know. */
function watched(value, path, read) {
  if (value === null || typeof value !== "object") return value;
  return new Proxy(value, {
    get(own, name) {
      if (typeof name !== "string" || !Object.hasOwn(own, name)) return own[name];
      read.add(`${path}/${name}`);
      return watched(own[name], `${path}/${name}`, read);
    },
  });
}

function paths(value, path) {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, own]) => [`${path}/${name}`, ...paths(own, `${path}/${name}`)]);
}

function mistakes(object) {
  const read = new Set();
  try {
    model(object).prototype.validate.call(watched(object, "", read));
  } catch (error) {
    return error.message;
  }
  const unknown = paths(object, "").filter((path) => !read.has(path));
  return unknown.map((path) => `${path} is no field`).join("\n");
}

console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(mistakes)));
