// Turns the state of the page into the fragment of a link, and a fragment into a state.
//
// A fragment is another person's text: its length is bounded before and after it is unpacked, and its form is checked.

import { stateOf, written } from "./state.js";

/** The longest fragment, in characters: browsers and messengers keep links of this length. */
export const LONGEST_LINK = 60_000;
/** The most bytes that a fragment unpacks to. */
const LARGEST = 1_000_000;
const PREFIX = "#s=";

/** The bytes of a stream, up to a number; undefined beyond it. @param {ReadableStream<Uint8Array>} stream @param {number} most */
async function bytes(stream, most) {
  const parts = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > most) {
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    parts.push(part.value);
  }
  return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (parts)).arrayBuffer());
}

/** @param {Uint8Array} given @param {CompressionStream | DecompressionStream} through @param {number} most */
const through = (given, through, most) => bytes(new Blob([/** @type {BlobPart} */ (given)]).stream().pipeThrough(/** @type {any} */ (through)), most);

/** The fragment of a state; undefined if it would be too long. @param {import("./state.js").State} state @returns {Promise<string | undefined>} */
export async function fragmentOf(state) {
  const text = new TextEncoder().encode(JSON.stringify(written(state)));
  const packed = text.length <= LARGEST ? await through(text, new CompressionStream("deflate-raw"), LONGEST_LINK) : undefined;
  if (!packed) return undefined;
  let latin = "";
  for (const byte of packed) latin += String.fromCharCode(byte);
  const fragment = PREFIX + btoa(latin).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return fragment.length <= LONGEST_LINK ? fragment : undefined;
}

/** Whether a fragment claims to be a state. @param {string} fragment */
export const isShared = (fragment) => fragment.startsWith(PREFIX);

/** The state of a fragment; undefined if it holds none. @param {string} fragment @returns {Promise<import("./state.js").State | undefined>} */
export async function stateIn(fragment) {
  const packed = fragment.slice(PREFIX.length);
  if (!isShared(fragment) || fragment.length > LONGEST_LINK || !/^[\w-]+$/.test(packed)) return undefined;
  try {
    const latin = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const text = await through(Uint8Array.from(latin, (character) => character.charCodeAt(0)), new DecompressionStream("deflate-raw"), LARGEST);
    return text && stateOf(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text)));
  } catch {
    return undefined;
  }
}
