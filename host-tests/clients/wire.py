"""Turns an HTTP transport into one that records every exchange, and spoils a request where a check asks for it.

It never touches an answer: what a client of an SDK gets is what the gateway sent. Each request has an id of its own, by
which it is found again behind the gateway.
"""
from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass
from typing import Any

try:
    import httpx2 as httpx  # used by line 2 of the SDK
except ImportError:
    import httpx  # type: ignore[no-redef]  # used by line 1


sent = itertools.count(1)


@dataclass(frozen=True)
class Exchange:
    verb: str
    said: str
    status: int


class Wire(httpx.AsyncBaseTransport):
    """One for each session."""

    def __init__(self, user: str, spoil: dict[str, Any] | None) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.user, self.spoil = user, spoil
        self.exchanges: list[Exchange] = []
        self.spoiled: list[dict[str, Any]] = []
        self.answered = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        request.headers["x-user"] = self.user
        request.headers["x-exchange"] = f"{self.user}, {next(sent)}"
        spoils = self.spoil is not None and self.spoil["where"] in body.decode()
        response = await self.inner.handle_async_request(self._spoil(request, body) if spoils else request)
        self.exchanges.append(Exchange(request.method, said(body), response.status_code))
        if spoils:
            await self._note(response)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()

    def client(self) -> httpx.AsyncClient:
        # Proxies of the environment are ignored: all connections stay on this machine.
        return httpx.AsyncClient(transport=self, timeout=60.0, trust_env=False)

    def _spoil(self, request: httpx.Request, body: bytes) -> httpx.Request:
        spoil = self.spoil or {}
        text = body.decode()
        content = text.replace(spoil["where"], spoil.get("becomes", spoil["where"]), 1).encode()
        headers = {**request.headers, **spoil.get("headers", {}), "content-length": str(len(content))}
        return httpx.Request(request.method, request.url, headers=headers, content=content, extensions=request.extensions)

    async def _note(self, response: httpx.Response) -> None:
        content = await response.aread()
        self.spoiled.append({"status": response.status_code, "body": json.loads(content) if content else ""})
        self.answered.set()


def said(body: bytes) -> str:
    return json.loads(body).get("method", "answer") if body else ""
