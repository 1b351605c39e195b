"""Turns servers into all that the SDK for Python, of line 1 or 2, shows a host and its model of them.

It never judges what it saw; whoever started it looks for what must not be there.
Usage: sees.py [FOLDER], a JSON list of URLs on stdin; prints {"url", "saw"}, one a line. FOLDER, from the root of the
repository, has packages that take the place of the installed ones.
"""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2] / folder) for folder in sys.argv[1:]]

import anyio  # noqa: E402
from sdk import Session, connected, protocol_error  # noqa: E402
from wire import Wire  # noqa: E402

TOOL = "shown"


async def main() -> None:
    async with anyio.create_task_group() as tasks:
        for url in json.load(sys.stdin):
            tasks.start_soon(report, url)


async def report(url: str) -> None:
    saw: dict[str, Any] = {"news": []}
    try:
        async with connected(url, "legacy", Wire("curious", None), saw["news"].append) as session:
            saw["list"] = await outcome(session, "tools/list", {})
            saw["call"] = await outcome(session, "tools/call", {"name": TOOL, "arguments": {}})
    except Exception as error:
        saw["ended"] = described(error)
    print(json.dumps({"url": url, "saw": saw}), flush=True)


async def outcome(session: Session, method: str, params: dict[str, Any]) -> Any:
    try:
        return await session.request(method, params, None)
    except Exception as error:
        return described(error)


def described(error: BaseException) -> dict[str, Any]:
    inner = [described(one) for one in getattr(error, "exceptions", [])]
    return {"error": protocol_error(error), "text": repr(error), "inner": inner}


anyio.run(main)
