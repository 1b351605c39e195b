"""Turns a server that asks for a login into the tools that the SDK for Python, of line 1 or 2, lists and calls after it.

It sends no request of OAuth itself but that of the user's browser: each other one is the SDK's.
Usage: login.py, {"url", "tool", "token"?} on stdin, with a token of an earlier login; prints {"logins", "tools", "result"}
or {"logins", "ended"}.
"""
from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata, OAuthToken
from sdk import LINE, connected
from wire import httpx

# Nothing listens there: the test takes the code from the redirect.
BACK = "http://127.0.0.1:9/callback"


class Memory:
    """The SDK's storage of tokens and of its registration."""

    client: Any = None

    def __init__(self, token: str | None) -> None:
        self.tokens = OAuthToken(access_token=token) if token else None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


class User:
    """The user of a client, who consents, and the client's connections."""

    def __init__(self, url: str, token: str | None) -> None:
        self.logins = 0
        self.answer: dict[str, list[str]] = {}
        metadata = OAuthClientMetadata.model_validate({
            "client_name": "client-of-the-test",
            "redirect_uris": [BACK],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
        self.auth = OAuthClientProvider(url, metadata, Memory(token), self.consent, self.code)

    def client(self) -> Any:
        # Proxies of the environment are ignored: all connections stay on this machine.
        return httpx.AsyncClient(auth=self.auth, timeout=60.0, trust_env=False)

    async def consent(self, url: str) -> None:
        self.logins += 1
        async with httpx.AsyncClient(trust_env=False) as browser:
            response = await browser.get(url)
        if response.status_code != 302:
            raise RuntimeError(f"the login ended with {response.status_code}")
        self.answer = parse_qs(urlsplit(response.headers["location"]).query)

    async def code(self) -> Any:
        code, state = self.answer["code"][0], self.answer["state"][0]
        if LINE == 1:
            return code, state
        from mcp.client.auth import AuthorizationCodeResult

        return AuthorizationCodeResult(code=code, state=state)


async def play(url: str, tool: str, user: User) -> dict[str, Any]:
    async with connected(url, "legacy", user, lambda _: None) as session:  # type: ignore[arg-type]
        tools = await session.request("tools/list", {}, None)
        result = await session.request("tools/call", {"name": tool}, None)
        return {"tools": [tool["name"] for tool in tools["tools"]], "result": result["content"][0]["text"]}


def reasons(error: BaseException) -> list[str]:
    inner = getattr(error, "exceptions", [])
    return [reason for one in inner for reason in reasons(one)] or [repr(error)]


async def main() -> None:
    told = json.load(sys.stdin)
    user = User(told["url"], told.get("token"))
    try:
        saw = await play(told["url"], told["tool"], user)
    except Exception as error:
        saw = {"ended": "; ".join(reasons(error))}
    print(json.dumps({"logins": user.logins, **saw}), flush=True)


anyio.run(main)
