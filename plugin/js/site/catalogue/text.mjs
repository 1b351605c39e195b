// Turns values of policies, cases and servers into texts that show each of their characters.
//
// It never changes what a text says: a character that cannot be seen is written as its escape.

import stringify from "json-stringify-pretty-compact";

/** Control and format characters, unusual blanks, and letters that look like those of ASCII. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const LETTER = /\p{L}/u;
const LATIN = /\p{Script=Latin}/u;

/** A text of somebody else in which nothing hides. Line feeds and tabs stay. */
export function visible(text) {
  const one = (character) => {
    if (character === "\n" || character === "\t") return character;
    const disguised = LETTER.test(character) && (!LATIN.test(character) || character.normalize("NFKC") !== character);
    return UNSEEN.test(character) || disguised ? `\\u{${character.codePointAt(0).toString(16)}}` : character;
  };
  return Array.from(text, one).join("");
}

/** A value as JSON, with short objects and lists on one line. */
export function json(value, width = 92) {
  return visible(stringify(value, { maxLength: width }));
}

/** A value on one line. */
export function line(value) {
  return visible(JSON.stringify(value));
}

/** A text of at most `length` characters, which ends in `…` where it was longer. */
export function short(text, length) {
  const characters = Array.from(text);
  return characters.length > length ? `${characters.slice(0, length).join("")}…` : text;
}

/** What a JSON Pointer leads to; `undefined` where there is nothing. */
export function at(value, pointer) {
  const keys = pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce((inner, key) => (Object.hasOwn(Object(inner), key) ? inner[key] : undefined), value);
}

/** The words of a name or a text: `execute_sql` and `executeSql` have two. */
export function words(text) {
  return text.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}
