"""Turns the URL of the demo's gateway into rows: a client's action, the expected outcome and the actual one.

It never connects to the server behind the gateway: everything goes through the given URL.
Usage: story.py [http://127.0.0.1:10000/mcp]
"""
from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import sys
import textwrap
import time
import urllib.parse
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp import Client
from mcp.types import CallToolResult

LIMIT = 10
DENIED = "[POLICY DENIED] "
NEEDED_SECONDS = 20  # an upper bound for all calls, with a margin


@dataclass(frozen=True)
class Row:
    tried: str
    expected: str
    seen: str
    ok: bool


Say = Callable[[str], None]
Add = Callable[[str, str, str, bool], None]
Decide = Callable[[str], Awaitable[str]]  # the id of an approval -> its state, once somebody has decided


async def play(url: str, decide: Decide | None = None, say: Say = lambda _text: None) -> list[Row]:
    """All calls, in order. Unexpected outcomes have rows too. Without `decide`, no call waits for a person."""
    rows: list[Row] = []

    def add(tried: str, expected: str, seen: str, ok: bool) -> None:
        rows.append(Row(tried, expected, one_line(seen), ok))
        say(tried)

    async with Client(url, mode="auto", cache=None, read_timeout_seconds=30) as client:
        name = client.server_info.name if client.server_info else "a server"
        add("Connect (server/discover)", "the server behind the gateway answers", f"{name}, {client.protocol_version}", name == "test-runner")

        names = await tool_names(client)
        add("List the tools", "run is among them", ", ".join(names), "run" in names)

        good, last = await run_tests(client, LIMIT)
        add(f"Call run {LIMIT} times", "all run the project's tests", f"{good} of {LIMIT} ran; {last}", good == LIMIT)

        refused = await client.call_tool("run", {"path": "project"})
        add(f"Call run once more (no. {LIMIT + 1})", "refused, with the time to wait", text_of(refused), is_limit(refused))

        denied = await client.call_tool("delete_project", {"path": "project"})
        add("Call delete_project", "refused: the policy does not name it", text_of(denied), is_denial(denied, "not_allowed"))

        denied = await client.call_tool("read_env", {})
        add("Call read_env", "refused: the policy does not name it", text_of(denied), is_denial(denied, "not_allowed"))

        unknown = await client.call_tool("no_such_tool", {})
        same = text_of(unknown).replace("no_such_tool", "read_env") == text_of(denied)
        add("Call a tool that does not exist", "the same answer: it reveals nothing", text_of(unknown), same)

        twice = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run","name":"delete_project"}}'
        add("Post a call that names two tools", "HTTP 400, JSON-RPC error", *refusal(await post(url, twice)))
        batch = '[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_project"}}]'
        add("Post a call inside a batch", "HTTP 400, JSON-RPC error", *refusal(await post(url, batch)))

        names = await tool_names(client)
        add("List the tools again", "the client is still connected", ", ".join(names), "run" in names)

    async with Client(url, mode="legacy", read_timeout_seconds=30) as client:
        denied = await client.call_tool("delete_project", {})
        with warnings.catch_warnings():  # the newest protocol has no ping; this client speaks an older one
            warnings.simplefilter("ignore")
            await client.send_ping()
        add(
            "An older client: initialize, delete_project, ping",
            "refused, and the session continues",
            f"{client.protocol_version}; {text_of(denied)}; ping answered",
            is_denial(denied, "not_allowed"),
        )

    deployed = await deploy(url, decide, add) if decide else False

    status, _, body = await fetch(url, "GET", "/healthz")
    ran = f"HTTP {status}: {body}"
    once = ", deploy once" if deployed else ""
    expected = f"run {LIMIT} times{once}, nothing else, the project is there"
    add("Ask the server what reached it", expected, ran, untouched(body, {"deploy": 1} if deployed else {}))
    return rows


async def deploy(url: str, decide: Decide, add: Add) -> bool:
    """Calls that need a person, by a client that does not wait for one by itself. Returns whether the person approved."""
    async with Client(url, mode="legacy", read_timeout_seconds=30) as client:

        async def called(version: str = "1.4.0") -> CallToolResult:
            return await client.call_tool("deploy", {"version": version})

        waiting = await called()
        link = asks(waiting)
        add("Call deploy", "refused, with a link for a person", text_of(waiting), bool(link))
        state = await decide(link.rpartition("/")[2])
        add("An approver signs in at the link", "the call is approved or refused", state, state in ("approved", "refused"))
        if state != "approved":
            refused = await called()
            add("Call deploy again", "refused, in the person's words", text_of(refused), is_denial(refused, "denied"))
            return False
        other = await called("2.0.0")
        add("Call deploy with another version", "refused: nobody approved this one", text_of(other), asks(other) not in ("", link))
        again = await called()
        add("Call deploy as it was approved", "it runs", text_of(again), not again.is_error)
        third = await called()
        add("Call deploy once more", "refused: one approval is for one call", text_of(third), asks(third) not in ("", link))
        return True


async def greet(url: str) -> list[str]:
    """Connects to any server through the gateway, and describes it."""
    async with Client(url, mode="auto", cache=None, read_timeout_seconds=30) as client:
        name = f"{client.server_info.name} {client.server_info.version}".strip() if client.server_info else "unnamed"
        names = await tool_names(client)
        return [
            f"The server behind: {name} (MCP {client.protocol_version})",
            f"Tools under this policy: {', '.join(names) or 'none'}",
        ]


async def tool_names(client: Client) -> list[str]:
    names: list[str] = []
    cursor = None
    while True:
        page = await client.list_tools(cursor=cursor)
        names += [tool.name for tool in page.tools]
        cursor = page.next_cursor
        if not cursor:
            return names


async def run_tests(client: Client, times: int) -> tuple[int, str]:
    good, last = 0, ""
    for _ in range(times):
        result = await client.call_tool("run", {"path": "project"})
        numbers = result.structured_content
        if result.is_error or not numbers:
            last = text_of(result)
            continue
        good += 1
        last = f"{numbers['framework']}: {numbers['passed']} passed, {numbers['failed']} failed"
    return good, last


def is_denial(result: CallToolResult, reason: str) -> bool:
    decision: dict[str, Any] = (result.meta or {}).get("mcp-policy/decision") or {}
    return bool(result.is_error) and text_of(result).startswith(DENIED) and decision.get("reason") == reason


def is_limit(result: CallToolResult) -> bool:
    decision = (result.meta or {}).get("mcp-policy/decision") or {}
    wait = decision.get("retryAfterMs")
    return is_denial(result, "rate_limited") and isinstance(wait, (int, float)) and 0 < wait <= 60_000


def asks(result: CallToolResult) -> str:
    """The link in the refusal of a call that needs a person; empty for other results."""
    decision = (result.meta or {}).get("mcp-policy/decision") or {}
    return str(decision.get("approvalUrl") or "") if is_denial(result, "approval_required") else ""


def text_of(result: CallToolResult) -> str:
    return " ".join(part.text for part in result.content if part.type == "text")


async def post(url: str, body: str) -> tuple[int, str, str]:
    return await fetch(url, "POST", None, body)


async def fetch(url: str, method: str, path: str | None = None, body: str | None = None) -> tuple[int, str, str]:
    """One plain HTTP request to the gateway: status, content type, body."""
    parts = urllib.parse.urlsplit(url)
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"} if body else {}

    def exchange() -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request(method, path or parts.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("content-type", ""), answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    return await asyncio.to_thread(exchange)


def refusal(answer: tuple[int, str, str]) -> tuple[str, bool]:
    status, content_type, body = answer
    try:
        error = json.loads(body)["error"]
        return f"HTTP {status}: {error['code']} {error['message']}", status == 400 and content_type == "application/json"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {status}: {body[:80]}", False


def untouched(body: str, others: dict[str, int]) -> bool:
    try:
        state = json.loads(body)
        return state["calls"] == {"run": LIMIT, **others} and state["project_exists"] is True
    except (ValueError, KeyError, TypeError):
        return False


def one_line(text: str, most: int = 240) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def table(rows: list[Row], width: int | None = None) -> str:
    """The rows as aligned columns that fit the terminal."""
    width = min(width or shutil.get_terminal_size((120, 24)).columns, 140)
    result_width = len("NOT EXPECTED")
    room = max(width - result_width - 6, 45)
    widths = [room * 27 // 100, room * 30 // 100, room - room * 27 // 100 - room * 30 // 100, result_width]
    lines = [cells(["tried", "expected", "seen", ""], widths), "  ".join("-" * w for w in widths)]
    lines += [cells([row.tried, row.expected, row.seen, "ok" if row.ok else "NOT EXPECTED"], widths) for row in rows]
    return "\n".join(lines)


def cells(texts: list[str], widths: list[int]) -> str:
    columns = [textwrap.wrap(text, w) or [""] for text, w in zip(texts, widths)]
    lines = []
    for i in range(max(map(len, columns))):
        parts = [(column[i] if i < len(column) else "").ljust(w) for column, w in zip(columns, widths)]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def seconds_to_wait(now: float) -> float:
    """The limit's window is one minute of the clock (UTC); all calls must fit into the rest of it."""
    left = 60 - now % 60
    return 0.0 if left >= NEEDED_SECONDS else left + 0.2


def first_cause(error: BaseException) -> BaseException:
    """The innermost error of a task group, which wraps the errors of its tasks."""
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return error


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:10000/mcp"
    time.sleep(seconds_to_wait(time.time()))
    try:
        rows = asyncio.run(play(url))
    except Exception as error:
        print(f"The demo failed; does the gateway run at {url}? {first_cause(error)}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
