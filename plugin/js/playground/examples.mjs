// Turns the cases of `policies/` into the examples of the playground, and says which of their calls it would decide otherwise.
//
// It changes no case: an example that the page could not decide as the case expects is left out.

import fs from "node:fs";
import path from "node:path";
import stringify from "json-stringify-pretty-compact";
import { isDefault, requestOf, timeOf } from "./src/call.js";
import { Gateway } from "./src/play.js";
import { timedCalls } from "./src/step.js";

/** Folders of `policies/`, each with its heading. */
export const GROUPS = [
  ["recipes", "Recipes"], ["servers", "Servers"], ["attacks", "Attacks"], ["limit", "Limits"], ["sequence", "Sequences"],
  ["identity", "Identities"], ["grant", "Grants"], ["pin", "Pinned tools"], ["list", "Lists"], ["result", "Results"], ["shadow", "Shadow mode"],
];
const KEPT = ["at", "why", "call", "arguments", "body", "text", "method", "path", "host", "headers", "peer", "claims", "certificate", "cluster", "respond"];
const ANY = "any";

/** @param {string} folder @returns {string[]} */
function files(folder) {
  const entries = fs.readdirSync(folder, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? files(file) : entry.name.endsWith(".json") && entry.name !== "policy.json" ? [file] : [];
  });
}

/** The facts of a caller that a grant matches. @param {any} policy @param {string} name */
function callerOf(policy, name) {
  const match = policy.grants[name].match;
  const filled = (/** @type {string} */ pattern) => pattern.replaceAll("*", ANY);
  const simple = (/** @type {string} */ key) => /^[A-Za-z_]\w*$/.test(key);
  const claims = Object.entries(match.claim ?? {});
  if (match.bearer_sha256 || !claims.every(([key]) => simple(key))) throw new Error("its caller is not made up here");
  const issuer = policy.identity?.issuers?.[0];
  const own = Object.fromEntries(claims.map(([key, value]) => [key, filled(String(value))]));
  return {
    claims: claims.length ? { ...own, ...(issuer && !own["iss"] ? { iss: issuer } : {}) } : undefined,
    headers: Object.fromEntries(Object.entries(match.header ?? {}).map(([key, value]) => [key, filled(String(value))])),
    certificate: match.mtls && Object.fromEntries(Object.entries(match.mtls).map(([key, value]) => [key, filled(String(value))])),
  };
}

/** Header fields with their names in lower case. @param {Record<string, unknown>} [fields] */
const lower = (fields = {}) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));

/** A step as the playground writes it. @param {any} step @param {any} of the case @param {any} policy */
function written(step, of, policy) {
  const grant = step.as === undefined ? of.as : step.as;
  /** @type {Partial<ReturnType<typeof callerOf>>} */
  const caller = grant ? callerOf(policy, grant) : {};
  const all = { ...caller, ...step, headers: { ...lower(caller.headers), ...lower(of.headers), ...lower(step.headers) } };
  if (caller.claims && step.claims) all.claims = { ...caller.claims, ...step.claims };
  const lost = ["hex", "repeat", "trailers", "sent_to"].find((key) => key in step);
  const hex = JSON.stringify([all.headers, step.respond ?? {}]).includes('"hex":') || step.respond?.repeat;
  if (lost || hex) throw new Error(`it has \`${lost ?? "hex"}\``);
  const isSent = (/** @type {[string, unknown]} */ [name, value]) => value !== null || isDefault(name);
  all.headers = Object.fromEntries(Object.entries(all.headers).filter(isSent));
  if (!Object.keys(all.headers).length) delete all.headers;
  return Object.fromEntries(KEPT.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]));
}

/** Whether the playground decides a step as the case expects. @param {any} expect @param {import("./src/play.js").Played} played */
function agrees(expect, played) {
  if (expect === "forward" || expect.forward) return played.passes;
  return !played.passes && (expect.rule === undefined || expect.rule === played.rule) && (expect.status === undefined || expect.status === played.status);
}

/** @param {string} root of the repository @param {string} file @returns {{ id: string, title: string, about: string, policy: string, calls: string[], refused: boolean[] }} */
function example(root, file) {
  const of = JSON.parse(fs.readFileSync(file, "utf8"));
  const id = path.relative(path.join(root, "policies"), file).replace(/\.json$/, "").replaceAll(path.sep, "/");
  const text = of.policy_file ? fs.readFileSync(path.join(path.dirname(file), of.policy_file), "utf8") : of.policy_text ?? stringify(of.policy, { maxLength: 88 });
  if (!of.steps) throw new Error("its policy is invalid");
  if (of.start) throw new Error("it has a start of its own");
  const calls = of.steps.map((/** @type {any} */ step) => JSON.stringify(written(step, of, JSON.parse(text))));
  const gateway = new Gateway(text);
  const refused = timedCalls(calls.join("\n")).map(({ call, at }, index) => {
    const step = of.steps[index];
    const offset = step.at ? at : 0;
    const played = gateway.play(requestOf({ ...call, time: String((timeOf("") + offset) / 1000) }, `step-${index + 1}`));
    if (!agrees(step.expect, played)) throw new Error(`step ${index + 1} is decided otherwise here: ${played.passes ? "passes" : `${played.rule} ${played.message}`}`);
    return !played.passes;
  });
  gateway.free();
  const timed = calls.map((/** @type {string} */ line) => (line.startsWith('{"at"') ? line : line.replace("{", '{"at":"0s",')));
  return { id, title: titleOf(id), about: of.why, policy: text.trimEnd(), calls: timed, refused };
}

/** @param {string} id */
function titleOf(id) {
  const words = id.split("/").slice(1).join(": ").replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {string} root @returns {{ groups: { heading: string, examples: ReturnType<typeof example>[] }[], left: string[] }} */
export function examples(root) {
  /** @type {string[]} */
  const left = [];
  const groups = GROUPS.map(([folder = "", heading = ""]) => {
    const all = files(path.join(root, "policies", folder)).flatMap((file) => {
      try {
        return [example(root, file)];
      } catch (error) {
        left.push(`${path.relative(root, file)}: ${error instanceof Error ? error.message : error}`);
        return [];
      }
    });
    return { heading, examples: all };
  });
  return { groups, left };
}
