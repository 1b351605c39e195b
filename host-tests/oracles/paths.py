"""Prints the file that Python and this operating system find for a path: each line of stdin is a JSON list of paths.

For each it prints the first reading that ends inside the directory and the first that ends outside, or null. A reading
is what is left after up to three of the changes that servers make before they open a file. It opens nothing.
"""

import json
import ntpath
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, unquote_plus

ROOT, BASE = sys.argv[1:]
FOLDED = ROOT.casefold()
# The values of `~` and of variables.
os.environ.update(HOME="/home/agent", USERPROFILE="/home/agent", UP="..", ETC="/etc", ROOT=ROOT)
ROUNDS, MOST = 3, 64


def low_bytes(path: str) -> str:
    """A program that keeps one byte of each character."""
    return "".join(chr(ord(c) & 0xFF) for c in path)


def overlong(path: str) -> str:
    """A decoder of UTF-8 that accepts overlong forms."""
    for written, meant in (("%c0%ae", "."), ("%c0%af", "/"), ("%e0%80%ae", "."), ("%e0%80%af", "/")):
        path = re.sub(written, meant, path, flags=re.IGNORECASE)
    return path


def windows(path: str) -> str:
    """The names as Windows reads them: without dots and blanks at the end, unless they are only dots."""
    names = path.replace("\\", "/").split("/")
    return "/".join(name if name in (".", "..") else name.rstrip(" ") if name.strip(". ") == "" else name.rstrip(". ") for name in names)


CHANGES: list[Callable[[str], str]] = [
    unquote,
    unquote_plus,
    os.path.expanduser,
    os.path.expandvars,
    ntpath.expandvars,
    overlong,
    windows,
    str.strip,
    lambda path: path.replace("\\", "/"),
    lambda path: unicodedata.normalize("NFKC", path),
    lambda path: unicodedata.normalize("NFD", path),
    lambda path: path.split("\0")[0],
    lambda path: re.sub(r"[\x00-\x1f\x7f]", "", path),
    lambda path: re.sub(r"[?#].*", "", path, flags=re.DOTALL),
    lambda path: re.sub(r";[^/]*", "", path),
    lambda path: re.sub(r":[^/]*$", "", path),
    lambda path: path.removeprefix("file://"),
    lambda path: path.lower(),
]
LOWER = CHANGES[-1]


def readings(path: str) -> dict[str, bool]:
    """Every reading, and whether only a case-insensitive file system has it."""
    found = {path: False}
    frontier = [path]
    for _ in range(ROUNDS):
        reached: list[str] = []
        for reading in frontier:
            for change in CHANGES:
                try:
                    changed = change(reading)
                except ValueError:  # a NUL in the name of a user
                    continue
                if changed not in found:
                    found[changed] = found[reading] or change is LOWER
                    reached.append(changed)
        frontier = reached
        if len(found) > MOST:
            break
    # The conversion to bytes comes last.
    for reading, folded in list(found.items()):
        found.setdefault(reading.encode("ascii", "ignore").decode(), folded)
    found.setdefault(low_bytes(path), False)
    return found


def ends(reading: str, first: bool) -> set[str]:
    """The results of the resolvers. A NUL is an error in all of them."""
    joined = os.path.join(BASE, reading)
    found = {os.path.normpath(joined), os.path.abspath(joined)}
    try:
        found.add(os.path.realpath(joined))
        if first:
            found.add(str(Path(BASE, reading).resolve()))
    except (ValueError, OSError):
        pass
    return found


def is_in(path: str, root: str) -> bool:
    return path == root or path.startswith(root + "/")


def witnesses(path: str) -> tuple[str | None, str | None]:
    inside = outside = None
    for reading, folded in readings(path).items():
        for end in ends(reading, reading == path):
            is_folded_in = is_in(end.casefold(), FOLDED)
            if is_folded_in:
                inside = inside or f"{reading} -> {end}"
            if not (is_folded_in if folded else is_in(end, ROOT)):
                outside = outside or f"{reading} -> {end}"
    return inside, outside


for line in sys.stdin:
    print(json.dumps([witnesses(path) for path in json.loads(line)]), flush=True)
