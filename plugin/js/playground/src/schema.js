// Turns a JSON Schema and a path into the names of members and the values that may stand there.
//
// It validates nothing: the tool does.

/** @typedef {any} Schema */
/** @typedef {{ name: string, about: string, skeleton: string }} Member */
/** @typedef {{ text: string, about: string }} Value */

/** How often one schema may refer to the next. */
const DEEPEST = 12;

/** The schemas that one schema stands for: itself, its references and its alternatives. @param {Schema} root @param {Schema} schema @param {number} depth @returns {Schema[]} */
function meant(root, schema, depth = 0) {
  if (typeof schema !== "object" || schema === null || depth > DEEPEST) return [];
  const target = typeof schema.$ref === "string" ? at(root, schema.$ref) : undefined;
  const others = [target, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...others.flatMap((other) => meant(root, other, depth + 1))];
}

/** @param {Schema} root @param {string} reference */
const at = (root, reference) => reference.split("/").slice(1).reduce((schema, step) => schema?.[step], root);

/** The schemas at a path. @param {Schema} root @param {(string | number)[]} path @returns {Schema[]} */
export function schemasAt(root, path) {
  let found = meant(root, root);
  for (const step of path) {
    const next = found.flatMap((schema) => {
      if (typeof step === "number") return [schema.items, schema.prefixItems?.[step]];
      if (schema.properties && Object.hasOwn(schema.properties, step)) return [schema.properties[step]];
      return [schema.additionalProperties, ...Object.values(schema.patternProperties ?? {})];
    });
    found = next.flatMap((schema) => meant(root, schema));
  }
  return found;
}

/** @param {Schema[]} schemas */
const about = (schemas) => schemas.find((schema) => schema.description)?.description ?? "";

/** The members that an object at a path may have. @param {Schema} root @param {(string | number)[]} path @returns {Member[]} */
export function membersAt(root, path) {
  /** @type {Map<string, Member>} */
  const members = new Map();
  for (const { properties = {} } of schemasAt(root, path)) {
    for (const [name, schema] of Object.entries(properties)) {
      const all = meant(root, schema);
      if (!members.has(name)) members.set(name, { name, about: about(all), skeleton: skeleton(all) });
    }
  }
  return [...members.values()];
}

/** The beginning of a new value. @param {Schema[]} schemas */
function skeleton(schemas) {
  const kinds = { object: "{}", array: "[]", string: '""' };
  const found = schemas.find(({ type }) => Object.hasOwn(kinds, type));
  return schemas.some((schema) => schema.enum || schema.const !== undefined) ? "" : found ? kinds[/** @type {"object"} */ (found.type)] : "";
}

/** The values that may stand at a path, where they are few. @param {Schema} root @param {(string | number)[]} path @returns {Value[]} */
export function valuesAt(root, path) {
  const schemas = schemasAt(root, path);
  const few = schemas.flatMap((schema) => [
    ...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const]), ...(schema.type === "boolean" ? [true, false] : []), ...(schema.default === undefined ? [] : [schema.default]),
  ]);
  const texts = [...new Set(few.map((value) => JSON.stringify(value)))];
  return texts.map((text) => ({ text, about: about(schemas) }));
}
