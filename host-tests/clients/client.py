"""Turns the URL of a gateway, and that of the server behind it, into checks: what a real client saw through the gateway.

It never expects a result of its own invention where it can ask the server directly and compare.
Usage: client.py auto|legacy GATEWAY_URL SERVER_URL; prints {"check", "ok", "saw"}, one check a line. The exit status is 0
when every check was made, whatever came of it.
"""
from __future__ import annotations

import asyncio
import json
import logging
import sys
import urllib.parse
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2
import mcp.types as types
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPDeprecationWarning
from pydantic import BaseModel

# One limit inside the other, each for what the one before it cannot end. The server waits eight seconds at a gate.
REQUEST_LIMIT = 15.0
CHECK_LIMIT = 25.0
STORY_LIMIT = 120.0

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
DENIED = -31403
MONTH = 31 * 24 * 60 * 60 * 1000
ALLOWED_TOOLS = ["add", "announce", "ask", "echo", "fail", "open_gate", "twice", "watch"]
REFUSED = ["delete_project", "read_env", "no_such_tool", "secret", "vendor/", "roots/list_changed"]


@dataclass(frozen=True)
class Exchange:
    """One HTTP exchange of the client with the gateway."""

    verb: str
    said: str
    status: int
    kind: str


@dataclass
class Run:
    """The same client twice, through the gateway and directly at the server, and what the checks left behind."""

    mode: str
    server_url: str
    gateway: Client = field(init=False)
    direct: Client = field(init=False)
    exchanges: list[Exchange] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def server_state(self) -> dict[str, Any]:
        async with httpx2.AsyncClient(trust_env=False, timeout=REQUEST_LIMIT) as http:
            return (await http.get(urllib.parse.urljoin(self.server_url, "/state"))).json()

    async def reached(self) -> list[dict[str, Any]]:
        """What the gateway let through to the server."""
        return [request for request in (await self.server_state())["requests"] if request["by_gateway"]]

    def since(self, start: int) -> list[Exchange]:
        return self.exchanges[start:]


Verdict = tuple[bool, object]
Check = Callable[[Run], Awaitable[Verdict]]
CHECKS: list[tuple[str | None, Check]] = []


def check(mode: str | None = None) -> Callable[[Check], Check]:
    """A check says in its docstring what must be true; `mode` is the only one that it is for."""

    def register(function: Check) -> Check:
        CHECKS.append((mode, function))
        return function

    return register


# What an allowed client gets: the same as without the gateway.


@check()
async def connects(run: Run) -> Verdict:
    """the client connects, and learns about the server what it learns directly"""
    learnt = [
        (client.protocol_version, plain(client.server_info), plain(client.server_capabilities), client.instructions)
        for client in (run.gateway, run.direct)
    ]
    return learnt[0] == learnt[1] and learnt[0][0] == VERSIONS[run.mode], learnt[0]


@check()
async def tools_list(run: Run) -> Verdict:
    """tools/list shows every allowed tool as it is"""

    async def allowed(client: Client) -> list[Any]:
        tools = (await client.list_tools()).tools
        return sorted((plain(tool) for tool in tools if tool.name in ALLOWED_TOOLS), key=lambda tool: tool["name"])

    through, directly = await allowed(run.gateway), await allowed(run.direct)
    names = [tool["name"] for tool in through]
    return through == directly and names == ALLOWED_TOOLS, names


@check()
async def other_lists(run: Run) -> Verdict:
    """prompts, resources and resource templates are listed"""

    async def names(client: Client) -> list[list[str]]:
        prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
        resources = [str(resource.uri) for resource in (await client.list_resources()).resources]
        templates = [template.uri_template for template in (await client.list_resource_templates()).resource_templates]
        return [keep(prompts, "secret"), keep(resources, "memo://secret"), templates]

    through, directly = await names(run.gateway), await names(run.direct)
    return through == directly and all(through), through


@check()
async def allowed_call(run: Run) -> Verdict:
    """an allowed call gives the result that it gives directly"""
    return await same(run, lambda client: client.call_tool("add", {"a": 2, "b": 3}))


@check()
async def large_call(run: Run) -> Verdict:
    """so does one of many pieces, with every kind of letter"""
    text = 'a\u0000ü漢😀\u2028"\\' * 12_000
    ok, saw = await same(run, lambda client: client.call_tool("echo", {"text": text}))
    return ok and saw.get("structuredContent") == {"result": text}, f"{len(json.dumps(saw))} characters"


@check()
async def calls_at_once(run: Run) -> Verdict:
    """twenty calls at once get their own answers"""
    results = await asyncio.gather(*(run.gateway.call_tool("add", {"a": n, "b": n}) for n in range(20)))
    sums = [(result.structured_content or {}).get("sum") for result in results]
    return sums == [2 * n for n in range(20)], sums


@check()
async def own_error_of_a_tool(run: Run) -> Verdict:
    """a tool's own error stays the tool's"""
    ok, saw = await same(run, lambda client: client.call_tool("fail"))
    return ok and saw.get("isError") is True and "POLICY" not in json.dumps(saw), saw


@check()
async def allowed_prompt(run: Run) -> Verdict:
    """an allowed prompt is as directly"""
    return await same(run, lambda client: client.get_prompt("greeting", {"name": "Ada"}))


@check()
async def prompt_outside_ascii(run: Run) -> Verdict:
    """so is one whose name is not ASCII"""
    return await same(run, lambda client: client.get_prompt("begrüßung"))


@check()
async def allowed_resource(run: Run) -> Verdict:
    """an allowed resource is as directly"""
    return await same(run, lambda client: client.read_resource("memo://public"))


@check()
async def allowed_template(run: Run) -> Verdict:
    """so is one under an allowed prefix"""
    return await same(run, lambda client: client.read_resource("memo://notes/one"))


@check()
async def own_error_of_a_server(run: Run) -> Verdict:
    """the server's own JSON-RPC error stays the server's"""
    ok, saw = await same(run, lambda client: client.read_resource("memo://notes/missing"))
    return ok and saw.get("code", DENIED) != DENIED, saw


@check()
async def completion(run: Run) -> Verdict:
    """the completion of an allowed prompt is as directly"""
    ref = types.PromptReference(type="ref/prompt", name="greeting")
    return await same(run, lambda client: client.complete(ref, {"name": "name", "value": "A"}))


@check()
async def question(run: Run) -> Verdict:
    """the server can ask the person at the client in the middle of a call"""
    ok, saw = await same(run, lambda client: client.call_tool("ask"))
    return ok and "green" in json.dumps(saw), saw


# What a refused client gets: an answer that it can show, and a session that lives on (looked at after every check).


@check()
async def denied_tool(run: Run) -> Verdict:
    """a tool denied by name is a tool error with the policy's words"""
    ok, saw = decision(await run.gateway.call_tool("delete_project"), "denied")
    return ok and "Never from an agent." in json.dumps(saw), saw


@check()
async def unlisted_tool(run: Run) -> Verdict:
    """a tool that the policy does not name is a tool error"""
    return decision(await run.gateway.call_tool("read_env"), "not_allowed")


@check()
async def unknown_tool(run: Run) -> Verdict:
    """one that does not exist cannot be told from it"""
    answers = []
    for name in ("no_such_tool", "read_env"):
        result = plain(await run.gateway.call_tool(name))
        result["_meta"]["mcp-policy/decision"].pop("requestId", None)
        answers.append(json.dumps(result).replace(name, "NAME"))
    return answers[0] == answers[1], answers[0]


@check()
async def limit(run: Run) -> Verdict:
    """a call over the limit is a tool error that says when to come back"""
    before = [await run.gateway.call_tool("twice") for _ in range(2)]
    ok, saw = decision(await run.gateway.call_tool("twice"), "rate_limited")
    wait = saw["_meta"]["mcp-policy/decision"].get("retryAfterMs") if ok else None
    return ok and not any(result.is_error for result in before) and isinstance(wait, int) and 0 < wait <= MONTH, saw


@check()
async def many_denied_at_once(run: Run) -> Verdict:
    """refused and allowed calls at once get their own answers"""
    arguments = {"add": {"a": 1, "b": 1}, "read_env": {}}
    names = list(arguments) * 10
    results = await asyncio.gather(*(run.gateway.call_tool(name, arguments[name]) for name in names))
    errors = [result.is_error for result in results]
    return errors == [name == "read_env" for name in names], errors


@check()
async def denied_prompt(run: Run) -> Verdict:
    """a denied prompt is a JSON-RPC error"""
    return await refused(run.gateway.get_prompt("secret"), "denied")


@check()
async def denied_completion(run: Run) -> Verdict:
    """so is its completion"""
    ref = types.PromptReference(type="ref/prompt", name="secret")
    return await refused(run.gateway.complete(ref, {"name": "name", "value": "A"}), "denied")


@check()
async def unlisted_resource(run: Run) -> Verdict:
    """a resource that the policy does not name is a JSON-RPC error"""
    return await refused(run.gateway.read_resource("memo://secret"), "not_allowed")


@check()
async def unknown_method(run: Run) -> Verdict:
    """a method that nobody knows is a JSON-RPC error"""
    request = types.Request[types.RequestParams, str](method="vendor/execute", params=types.RequestParams())
    return await refused(run.gateway.session.send_request(request, types.EmptyResult), "not_allowed")


@check("legacy")
async def denied_subscription(run: Run) -> Verdict:
    """a subscription to a resource that the policy does not name is a JSON-RPC error"""
    return await refused(run.gateway.session.subscribe_resource("memo://secret"), "not_allowed")


@check("auto")
async def denied_listening(run: Run) -> Verdict:
    """a subscription to a resource that the policy does not name is a JSON-RPC error"""

    async def listen() -> None:
        async with run.gateway.listen(resource_subscriptions=["memo://public", "memo://secret"]):
            pass

    return await refused(listen(), "not_allowed")


@check("legacy")
async def refused_notifications(run: Run) -> Verdict:
    """refused notifications, a known and an unknown one, are swallowed"""
    start = len(run.exchanges)
    await run.gateway.session.send_roots_list_changed()
    await run.gateway.session.send_notification(vendor_notification())
    return await swallowed(run, start, 2)


@check("auto")
async def refused_notification(run: Run) -> Verdict:
    """a refused notification is swallowed"""
    start = len(run.exchanges)
    await run.gateway.session.send_notification(vendor_notification())
    return await swallowed(run, start, 1)


@check("legacy")
async def ping(run: Run) -> Verdict:
    """ping is answered"""
    return await same(run, lambda client: client.send_ping())


# Streams.


@check()
async def streamed_call(run: Run) -> Verdict:
    """each event of a stream arrives while the server waits to hear of it, and a call goes through meanwhile"""
    start = len(run.exchanges)
    seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)
        await run.gateway.call_tool("open_gate", {"gate": "streamed", "step": int(progress)})

    result = plain(await run.gateway.call_tool("watch", {"gate": "streamed"}, progress_callback=on_progress))
    kinds = [exchange.kind for exchange in run.since(start) if exchange.said == "tools/call watch"]
    ok = seen == [1, 2, 3] and "watched 3 steps" in json.dumps(result) and kinds == ["text/event-stream"]
    return ok, {"events": seen, "content type": kinds, "result": result}


@check()
async def call_given_up(run: Run) -> Verdict:
    """a call that the client gives up in the middle of a stream ends at the server too"""
    begun = anyio.Event()

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        begun.set()

    call = asyncio.create_task(run.gateway.call_tool("watch", {"gate": "left"}, progress_callback=on_progress))
    await begun.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    return await eventually(lambda: gave_up(run, "left")), "the server's list of calls whose caller left"


@check("legacy")
async def news(run: Run) -> Verdict:
    """what the server says of its own accord arrives on the open GET stream"""

    async def listening() -> bool:
        return any(request["verb"] == "GET" and request["status"] == 200 for request in await run.reached())

    async def arrived() -> bool:
        return "notifications/tools/list_changed" in run.news

    if not await eventually(listening):
        return False, "no GET reached the server"
    await run.gateway.call_tool("announce")
    return await eventually(arrived), run.news


@check("auto")
async def subscribed_news(run: Run) -> Verdict:
    """what the server says of its own accord arrives at a subscription"""
    async with run.gateway.listen(tools_list_changed=True) as subscription:
        await run.gateway.call_tool("announce")
        event = await anext(aiter(subscription))
    return type(event).__name__ == "ToolsListChanged", repr(event)


# After the session was closed.


async def closed(run: Run) -> Verdict:
    """closing ends the session at the server, and the client met nothing that it would complain about"""
    ends = [(exchange.said, exchange.status) for exchange in run.exchanges if exchange.verb == "DELETE"]
    reached = [request["status"] for request in await run.reached() if request["verb"] == "DELETE"]
    expected = ([("", 200)], [200]) if run.mode == "legacy" else ([], [])
    return (ends, reached) == expected and not run.complaints, {"DELETE": ends, "complaints": run.complaints}


async def one_session(run: Run) -> Verdict:
    """it was one session from start to end"""
    reached = await run.reached()
    sessions = {request["session"] for request in reached if request["session"]}
    starts = [request["message"] for request in reached if request["message"] in ("initialize", "server/discover")]
    expected = (1, ["initialize"]) if run.mode == "legacy" else (0, ["server/discover"])
    return (len(sessions), starts) == expected, {"sessions": len(sessions), "starts": starts}


async def nothing_else_reached(run: Run) -> Verdict:
    """nothing that was refused reached the server, and what was limited reached it as often as allowed"""
    said = [request["message"] or "" for request in await run.reached()]
    wrong = [message for message in said if any(name in message for name in REFUSED)]
    return not wrong and said.count("tools/call twice") == 2, {"refused": wrong, "twice": said.count("tools/call twice")}


AFTERWARDS: list[Check] = [closed, one_session, nothing_else_reached]


# How checks judge.


def plain(model: BaseModel | None) -> Any:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True) if model else None


def keep(names: Iterable[str], but: str) -> list[str]:
    return sorted(name for name in names if name != but)


async def outcome(call: Awaitable[BaseModel]) -> dict[str, Any]:
    """The result, or the JSON-RPC error."""
    try:
        return plain(await call)
    except MCPError as error:
        return plain(error.error)


async def same(run: Run, call: Callable[[Client], Awaitable[BaseModel]]) -> tuple[bool, dict[str, Any]]:
    through, directly = await outcome(call(run.gateway)), await outcome(call(run.direct))
    return through == directly, through


def decision(result: types.CallToolResult, reason: str) -> tuple[bool, dict[str, Any]]:
    """Whether a result is the policy's refusal, for that reason and with an id that leads to the log."""
    saw = plain(result)
    text = saw["content"][0].get("text", "") if saw["content"] else ""
    said = saw.get("_meta", {}).get("mcp-policy/decision", {})
    ok = result.is_error is True and text.startswith("[POLICY DENIED] ") and len(text) > 30
    return ok and said.get("reason") == reason and bool(said.get("requestId")), saw


async def refused(call: Awaitable[object], reason: str) -> Verdict:
    """Whether a request fails with the policy's JSON-RPC error."""
    try:
        return False, repr(await call)
    except MCPError as error:
        data = error.error.data or {}
        return error.error.code == DENIED and data.get("reason") == reason and bool(data.get("requestId")), plain(error.error)


def vendor_notification() -> Any:
    return types.Notification[types.NotificationParams, str](method="notifications/vendor/x", params=types.NotificationParams())


async def swallowed(run: Run, start: int, count: int) -> Verdict:
    """A notification has no answer to wait for, so its HTTP exchange is waited for."""

    def notifications() -> list[tuple[str, int]]:
        return [(exchange.said, exchange.status) for exchange in run.since(start) if "notifications/" in exchange.said]

    async def sent() -> bool:
        return len(notifications()) == count

    arrived = await eventually(sent)
    return arrived and all(status == 202 for _, status in notifications()), notifications()


async def gave_up(run: Run, gate: str) -> bool:
    return gate in (await run.server_state())["given_up"]


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> bool:
    with anyio.move_on_after(seconds):
        while not await condition():
            await anyio.sleep(0.02)
        return True
    return False


# How a story is played.


async def play(run: Run, gateway_url: str) -> None:
    async with AsyncExitStack() as stack:
        run.direct = await stack.enter_async_context(connected(run, run.server_url, []))
        run.gateway = await stack.enter_async_context(connected(run, gateway_url, run.exchanges))
        for mode, function in CHECKS:
            if mode in (None, run.mode):
                await report(run, function, alive)
    for function in AFTERWARDS:
        await report(run, function)


async def alive(run: Run) -> bool:
    """Whether the next allowed call works, on the same session."""
    result = await run.gateway.call_tool("add", {"a": 20, "b": 22})
    return result.structured_content == {"sum": 42}


async def report(run: Run, function: Check, after: Callable[[Run], Awaitable[bool]] | None = None) -> None:
    """Makes one check and prints it; whatever goes wrong in it is what it saw."""
    try:
        with anyio.fail_after(CHECK_LIMIT):
            ok, saw = await function(run)
            if after and not await after(run):
                ok, saw = False, f"the next allowed call did not work, after: {saw}"
    except Exception as error:
        ok, saw = False, repr(innermost(error))
    print(json.dumps({"check": function.__doc__, "ok": bool(ok), "saw": shortened(saw)}, ensure_ascii=False), flush=True)


def shortened(saw: object, most: int = 400) -> object:
    text = saw if isinstance(saw, str) else json.dumps(saw, ensure_ascii=False)
    return saw if len(text) <= most else text[:most] + "…"


def innermost(error: BaseException) -> BaseException:
    """Task groups wrap what went wrong."""
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return error


@asynccontextmanager
async def connected(run: Run, url: str, exchanges: list[Exchange]) -> AsyncIterator[Client]:
    async def on_response(response: httpx2.Response) -> None:
        exchanges.append(exchange_of(response))

    async def on_message(message: Any) -> None:
        if exchanges is run.exchanges:
            run.news.append(getattr(message, "method", repr(message)))

    async def answer(context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
        return types.ElicitResult(action="accept", content={"colour": "green"})

    # No proxy of the environment may come between: everything here is on this machine.
    http = httpx2.AsyncClient(trust_env=False, timeout=REQUEST_LIMIT * 2, event_hooks={"response": [on_response]})
    async with (
        http,
        Client(
            streamable_http_client(url, http_client=http),
            mode=run.mode,
            cache=None,
            read_timeout_seconds=REQUEST_LIMIT,
            message_handler=on_message,
            elicitation_callback=answer,
        ) as client,
    ):
        yield client


def exchange_of(response: httpx2.Response) -> Exchange:
    request = response.request
    return Exchange(
        verb=request.method,
        said=said_in(request.content),
        status=response.status_code,
        kind=response.headers.get("content-type", "").partition(";")[0],
    )


def said_in(body: bytes) -> str:
    """The method, and the name that it acts on: `tools/call add`."""
    if not body:
        return ""
    message = json.loads(body)
    name = (message.get("params") or {}).get("name")
    return f"{message.get('method', 'answer')} {name}" if name else message.get("method", "answer")


class Complaints(logging.Handler):
    """Keeps what the SDK warns of."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record.getMessage())


async def main(mode: str, gateway_url: str, server_url: str) -> None:
    run = Run(mode, server_url)
    logging.getLogger("mcp").addHandler(Complaints(run.complaints))
    # Older revisions are what the legacy mode is for.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    with anyio.fail_after(STORY_LIMIT):
        await play(run, gateway_url)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
