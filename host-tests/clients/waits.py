"""Turns calls of one tool into what the SDK for Python, of line 1 or 2, gives to their caller; the twin of `waits.mjs`.

It never changes a setting of the SDK: its time limits and the number of its rounds are those of every user.
Usage: waits.py URL legacy|auto, with lines of JSON on stdin: {"caller": NAME, "token", "user", "arguments"} is a call in the
session of this caller, and {"leave": NAME} abandons it. `user` is the answer of the client's user to a link, or null for a
client that shows none. Prints {"caller", "links", "saw"} at the end of each call: the links that the user was shown, and the
result, or what the SDK raised.
"""
from __future__ import annotations

import json
import sys
from contextlib import AsyncExitStack
from typing import Any

import anyio
import mcp.types as types
from mcp.client.streamable_http import streamable_http_client
from sdk import INFO, LINE, plain
from wire import httpx

if LINE == 1:
    from mcp import ClientSession
else:
    from mcp import Client

TOOL = "deploy"

Line = dict[str, Any]


class Caller:
    """A client, and its user."""

    def __init__(self, user: str | None) -> None:
        self.user = user
        self.links: list[str] = []
        self.scope = anyio.CancelScope()

    async def open(self, url: str, mode: str, token: str, stack: AsyncExitStack) -> None:
        # The limits of the SDK's own client. Proxies of the environment are ignored: all connections stay on this machine.
        limits = httpx.Timeout(30, read=300)
        headers = {"authorization": f"Bearer {token}"}
        http = await stack.enter_async_context(httpx.AsyncClient(headers=headers, timeout=limits, trust_env=False))
        transport = streamable_http_client(url, http_client=http)
        hands: dict[str, Any] = {"client_info": INFO, "elicitation_callback": self.shown if self.user else None}
        if LINE > 1:
            self.client: Any = await stack.enter_async_context(Client(transport, mode=mode, **hands))
        else:
            read, write, *_ = await stack.enter_async_context(transport)
            self.client = await stack.enter_async_context(ClientSession(read, write, **hands))
            await self.client.initialize()

    async def shown(self, _: Any, params: Any) -> Any:
        self.links.append(params.url)
        return types.ElicitResult(action=self.user)

    async def call(self, name: str, arguments: Line) -> None:
        self.links.clear()
        saw: Line = {"raised": "left"}
        with anyio.CancelScope() as self.scope:
            saw = await self.outcome(arguments)
        print(json.dumps({"caller": name, "links": self.links, "saw": saw}), flush=True)

    async def outcome(self, arguments: Line) -> Line:
        try:
            return {"result": plain(await self.client.call_tool(TOOL, arguments))}
        except Exception as error:
            return {"raised": repr(error)}


async def main(url: str, mode: str) -> None:
    callers: dict[str, Caller] = {}
    async with anyio.create_task_group() as tasks, AsyncExitStack() as stack:
        async for text in anyio.wrap_file(sys.stdin):
            line = json.loads(text)
            if "leave" in line:
                callers[line["leave"]].scope.cancel()
                continue
            name = line["caller"]
            if name not in callers:
                callers[name] = Caller(line["user"])
                await callers[name].open(url, mode, line["token"], stack)
            tasks.start_soon(callers[name].call, name, line["arguments"])


anyio.run(main, *sys.argv[1:])
