// Prints the file that Node finds for a path: each line of stdin is a JSON list of paths.
//
// For each it prints the first reading that ends inside the directory and the first that ends outside, or null. A
// reading is the path after up to three of the changes that servers make before they open a file. It opens nothing.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lines } from './lines.mjs';

const [ROOT, BASE] = process.argv.slice(2);
const ROUNDS = 3;
const MOST = 64;

const orSame = (change) => (text) => {
  try {
    return change(text);
  } catch {
    return text;
  }
};

const CHANGES = [
  orSame(decodeURIComponent),
  unescape,
  (text) => text.replaceAll('\\', '/'),
  (text) => text.normalize('NFKC'),
  (text) => text.normalize('NFC'),
  (text) => text.trim(),
  (text) => text.replace(/[\u0000-\u001f]/g, ''),
  // The path by WHATWG.
  orSame((text) => fileURLToPath(new URL(text.replace(/^\/+/, '/'), `file://${BASE}/`))),
  orSame((text) => new URL(text, `file://${BASE}/`).pathname),
];

function readings(text) {
  const found = new Set([text]);
  let frontier = [text];
  for (let round = 0; round < ROUNDS && found.size <= MOST; round += 1) {
    const reached = new Set(frontier.flatMap((reading) => CHANGES.map((change) => change(reading))));
    frontier = [...reached].filter((reading) => !found.has(reading));
    frontier.forEach((reading) => found.add(reading));
  }
  return found;
}

function ends(reading) {
  const joined = path.posix.isAbsolute(reading) ? reading : `${BASE}/${reading}`;
  const windows = path.win32.isAbsolute(reading) ? reading : `${BASE}\\${reading}`;
  return [
    path.resolve(BASE, reading),
    path.normalize(joined),
    path.win32.normalize(windows).replaceAll('\\', '/'),
  ];
}

const isIn = (end, root) => end === root || end.startsWith(`${root}/`);

function witnesses(text) {
  let inside = null;
  let outside = null;
  // The conversion to bytes comes last; Node keeps one byte of each character.
  const encoded = Buffer.from(text, 'latin1').toString('latin1');
  for (const reading of readings(text).add(encoded)) {
    for (const end of ends(reading)) {
      if (isIn(end.toLowerCase(), ROOT.toLowerCase())) inside ??= `${reading} -> ${end}`;
      if (!isIn(end, ROOT)) outside ??= `${reading} -> ${end}`;
    }
  }
  return [inside, outside];
}

for await (const line of lines()) {
  console.log(JSON.stringify(JSON.parse(line).map(witnesses)));
}
