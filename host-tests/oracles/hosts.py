"""Prints the host that Python finds in a URL: each line of stdin is a JSON list of URLs.

For each it prints the first reading that leads to a listed host and the first that leads elsewhere, or null. A reading
is what is left after up to two of the changes that programs make before they send a request. It sends nothing.
"""

import importlib
import ipaddress
import json
import re
import socket
import sys
import unicodedata
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

Way = tuple[str, str, int | None]
# Scheme or null, host, whether subdomains are included, and a port, null or "*" for any.
LISTED: list[tuple[str | None, str, bool, int | str | None]] = json.loads(sys.argv[1])
OWN_PORT = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
ROUNDS, MOST = 2, 32


def by_urllib(url: str) -> Way:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def by_request(url: str) -> Way:
    request = urllib.request.Request(url)
    return request.type, *host_and_port(request.host or "")


def by_appendix_b(url: str) -> Way:
    """The regular expression of RFC 3986."""
    parts = re.match(r"^(([^:/?#]+):)?(//([^/?#]*))?", url, re.DOTALL)
    return (parts[2] or "") if parts else "", *host_and_port((parts[4] or "") if parts else "")


def by_slashes(url: str) -> Way:
    """A simple parser, as people write it: the text between the second slash and the third."""
    scheme, _, rest = url.partition("://")
    return scheme, *host_and_port(rest.split("/")[0])


def host_and_port(authority: str) -> tuple[str, int | None]:
    parts = re.fullmatch(r"(?:.*@)?(?:\[(.*)\]|([^:]*))(?::(.*))?", authority, re.DOTALL)
    if not parts:
        raise ValueError(authority)
    return parts[1] or parts[2] or "", int(parts[3]) if parts[3] else None


def library(module: str, parse: Callable[[object, str], Way]) -> list[Callable[[str], Way]]:
    """A parser outside the standard library, if it is installed."""
    try:
        found = importlib.import_module(module)
    except ImportError:
        return []
    return [lambda url: parse(found, url)]


def by_httpx(module: object, url: str) -> Way:
    """The host that httpx connects to: its `host` is decoded, for display."""
    parts = module.URL(url)  # type: ignore[attr-defined]
    return parts.scheme, parts.raw_host.decode(), parts.port


def by_urllib3(module: object, url: str) -> Way:
    parts = module.parse_url(url)  # type: ignore[attr-defined]
    return parts.scheme or "", (parts.host or "").strip("[]"), parts.port


LIBRARIES = {
    "httpx": by_httpx,
    "httpx2": by_httpx,
    "urllib3.util": by_urllib3,
    "pip._vendor.urllib3.util": by_urllib3,
}
PARSERS: list[Callable[[str], Way]] = [by_urllib, by_request, by_appendix_b, by_slashes]
AT_HAND = []
for name, parse in LIBRARIES.items():
    parsers = library(name, parse)
    PARSERS += parsers
    AT_HAND += [name] * len(parsers)
print(f"host_in: Python's own parsers, and {', '.join(AT_HAND) or 'no other'}", file=sys.stderr)

CHANGES: list[Callable[[str], str]] = [
    unquote,
    str.strip,
    str.lower,
    lambda url: re.sub(r"[\t\r\n]", "", url),
    lambda url: url.replace("\\", "/"),
    lambda url: unicodedata.normalize("NFKC", url),
    lambda url: url.split("\0")[0],
]


def readings(url: str) -> list[str]:
    found = {url: None}
    frontier = [url]
    for _ in range(ROUNDS):
        reached = [change(reading) for reading in frontier for change in CHANGES]
        frontier = [reading for reading in dict.fromkeys(reached) if reading not in found]
        found.update(dict.fromkeys(frontier))
        if len(found) > MOST:
            break
    return list(found)


def names(host: str) -> Iterator[str]:
    """The names that a host may have when it is looked up."""
    yield host
    name = unicodedata.normalize("NFKC", unquote(host)).casefold().replace("\u3002", ".").rstrip(".")
    yield name
    yield from attempt(lambda: name.encode("idna").decode())
    yield from attempt(lambda: name.encode().decode("idna"))
    yield from attempt(lambda: socket.inet_ntoa(socket.inet_aton(name)))
    yield from attempt(lambda: ipaddress.ip_address(name.partition("%")[0]).compressed)
    yield from attempt(lambda: str(ipaddress.IPv6Address(name.partition("%")[0]).ipv4_mapped))


def attempt(change: Callable[[], str]) -> Iterator[str]:
    try:
        yield change()
    except (ValueError, OSError):
        pass


def is_named(host: str, name: str, below: bool) -> bool:
    return host.endswith("." + name) and host != "." + name if below else host == name


def is_listed(way: Way) -> bool:
    scheme, host, port = way
    for entry_scheme, name, below, entry_port in LISTED:
        own = OWN_PORT.get(scheme)
        schemes = [entry_scheme] if entry_scheme else ["http", "https"]
        same_port = entry_port == "*" or (port or own) == (entry_port or own)
        if is_named(host, name, below) and scheme in schemes and same_port:
            return True
    return False


def witnesses(url: str) -> tuple[str | None, str | None]:
    inside = outside = None
    for reading in readings(url):
        for parse in PARSERS:
            try:
                way = parse(reading)
            except Exception:  # noqa: BLE001 - a parser that raises finds no host
                continue
            where = f"{reading} -> {way}"
            if any(is_named(host, name, below) for host in names(way[1]) for _, name, below, _ in LISTED):
                inside = inside or where
            if not is_listed(way):
                outside = outside or where
    return inside, outside


for line in sys.stdin:
    print(json.dumps([witnesses(url) for url in json.loads(line)]), flush=True)
