"""Prints the address that Python and the C library read in a text: each line of stdin is a JSON list of texts.

For each it prints the first reading that is in a listed network and the first that is in none, or null.
"""

import ipaddress
import json
import socket
import sys
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NETWORKS = [ipaddress.ip_network(network) for network in json.loads(sys.argv[1])]

PARSERS: list[Callable[[str], Address]] = [
    ipaddress.ip_address,
    lambda text: ipaddress.ip_interface(text).ip,
    lambda text: ipaddress.ip_address(socket.inet_aton(text)),
    lambda text: ipaddress.ip_address(socket.inet_pton(socket.AF_INET, text)),
    lambda text: ipaddress.ip_address(socket.inet_pton(socket.AF_INET6, text)),
    lambda text: ipaddress.ip_address(int(text, 0)),
    lambda text: ipaddress.ip_address(text.partition("%")[0]),
    lambda text: ipaddress.ip_address(text.strip("[]")),
    # Octets with leading zeros, as decimal numbers.
    lambda text: ipaddress.ip_address(".".join(str(int(octet)) for octet in text.split("."))),
]
CHANGES: list[Callable[[str], str]] = [
    lambda text: text,
    str.strip,
    unquote,
    lambda text: text.split("\0")[0],
    lambda text: unicodedata.normalize("NFKC", text),
]


def plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or (ipaddress.IPv6Address(int(address)) if address.version == 6 else address)


def witnesses(text: str) -> tuple[str | None, str | None]:
    inside = outside = None
    for reading in dict.fromkeys(change(text) for change in CHANGES):
        for parse in PARSERS:
            try:
                address = plain(parse(reading))
            except (ValueError, OSError):
                continue
            if any(address in network for network in NETWORKS):
                inside = inside or f"{reading} -> {address}"
            else:
                outside = outside or f"{reading} -> {address}"
    return inside, outside


for line in sys.stdin:
    print(json.dumps([witnesses(text) for text in json.loads(line)]), flush=True)
