// Turns objects for Kubernetes, as a JSON list on the standard input, into a JSON list of texts: for each object its mistakes by
// the published models, one a line.
//
// It asks no cluster.
import { text } from "node:stream/consumers";

/** The packages of the models, by the end of a group of the API; all other groups are Kubernetes' own. */
const PACKAGES = { "istio.io": "@kubernetes-models/istio", "gateway.envoyproxy.io": "@kubernetes-models/envoy-gateway" };
/** What no model describes: a policy, and a part of Envoy's own configuration. */
const ANY = /^\/spec\/(pluginConfig|wasm\/\d+\/config|configPatches\/\d+\/patch\/value)\//;

/** The model of an object: `apps/v1` and `Deployment` is the class of `kubernetes-models/apps/v1/Deployment`. */
async function model({ apiVersion, kind }) {
  const [group] = apiVersion.split("/");
  const [, own = "kubernetes-models"] = Object.entries(PACKAGES).find(([end]) => group.endsWith(end)) ?? [];
  return (await import(`${own}/${apiVersion}/${kind}`))[kind];
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

async function mistakes(object) {
  const read = new Set();
  const { prototype } = await model(object);
  try {
    prototype.validate.call(watched(object, "", read));
  } catch (error) {
    return error.message;
  }
  const unknown = paths(object, "").filter((path) => !read.has(path) && !ANY.test(path));
  return unknown.map((path) => `${path} is no field`).join("\n");
}

console.log(JSON.stringify(await Promise.all(JSON.parse(await text(process.stdin)).map(mistakes))));
