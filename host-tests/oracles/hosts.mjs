// Prints the host that Node finds in a URL: each line of stdin is a JSON list of URLs.
//
// For each it prints the first reading with a listed host and the first with another one, or null. A
// reading is the URL as it is, or decoded once or twice. It sends nothing.

import { isIP } from 'node:net';
import legacy, { domainToASCII, domainToUnicode } from 'node:url';
import { lines } from './lines.mjs';

// The old parser, because programs still use it.
process.noDeprecation = true;

// Scheme or null, host, whether subdomains are included, and a port, null or "*" for any.
const LISTED = JSON.parse(process.argv[2]);
const OWN_PORT = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };

const way = ({ protocol, hostname, port }) => ({
  scheme: (protocol ?? '').replace(/:$/, ''),
  host: (hostname ?? '').replace(/^\[(.*)\]$/, '$1'),
  port: port ? Number(port) : undefined,
});

const PARSERS = [
  (url) => way(new URL(url)),
  (url) => way(new URL(url, 'https://base.invalid/a/b')),
  (url) => way(legacy.parse(url)),
  (url) => way(legacy.parse(url, false, true)),
];

function orNone(attempt) {
  try {
    return [attempt()];
  } catch {
    return [];
  }
}

function readings(url) {
  const once = orNone(() => decodeURIComponent(url));
  const twice = once.flatMap((reading) => orNone(() => decodeURIComponent(reading)));
  return new Set([url, ...once, ...twice, url.normalize('NFKC'), url.trim()]);
}

function isNamed(host, name, below) {
  return below ? host.endsWith(`.${name}`) && host.length > name.length + 1 : host === name;
}

function isListed({ scheme, host, port }) {
  const own = OWN_PORT[scheme];
  return LISTED.some(([entryScheme, name, below, entryPort]) => {
    const schemes = entryScheme ? [entryScheme] : ['http', 'https'];
    const samePort = entryPort === '*' || (port ?? own) === (entryPort ?? own);
    return isNamed(host, name, below) && schemes.includes(scheme) && samePort;
  });
}

// The names that a host may have when it is looked up.
function names(host) {
  const name = host.toLowerCase().replace(/\.$/, '');
  const address = orNone(() => way(new URL(`http://${isIP(name) === 6 ? `[${name}]` : name}/`)).host);
  return [host, name, domainToASCII(name), domainToUnicode(name), ...address];
}

function witnesses(url) {
  let inside = null;
  let outside = null;
  for (const reading of readings(url)) {
    for (const found of PARSERS.flatMap((parse) => orNone(() => parse(reading)))) {
      const where = `${reading} -> ${JSON.stringify(found)}`;
      if (names(found.host).some((host) => LISTED.some(([, name, below]) => isNamed(host, name, below)))) inside ??= where;
      if (!isListed(found)) outside ??= where;
    }
  }
  return [inside, outside];
}

for await (const line of lines()) {
  console.log(JSON.stringify(JSON.parse(line).map(witnesses)));
}
