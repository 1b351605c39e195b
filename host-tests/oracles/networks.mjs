// Prints the address that Node reads in a text: each line of stdin is a JSON list of texts.
//
// For each it prints the first reading that is in a listed network and the first that is in none, or null.

import { BlockList, isIP } from 'node:net';
import { lines } from './lines.mjs';

const families = { 4: 'ipv4', 6: 'ipv6' };
const networks = new BlockList();
for (const network of JSON.parse(process.argv[2])) {
  const [address, length] = network.split('/');
  networks.addSubnet(address, Number(length), families[isIP(address)]);
}

// The text itself, and its form as a host by WHATWG.
function readings(text) {
  const hosts = [text, `[${text}]`].flatMap((host) => {
    try {
      return [new URL(`http://${host}/`).hostname.replace(/^\[(.*)\]$/, '$1')];
    } catch {
      return [];
    }
  });
  return [text, ...hosts].filter((address) => isIP(address));
}

function witnesses(text) {
  let inside = null;
  let outside = null;
  for (const address of readings(text)) {
    if (networks.check(address, families[isIP(address)])) inside ??= `${text} -> ${address}`;
    else outside ??= `${text} -> ${address}`;
  }
  return [inside, outside];
}

for await (const line of lines()) {
  console.log(JSON.stringify(JSON.parse(line).map(witnesses)));
}
