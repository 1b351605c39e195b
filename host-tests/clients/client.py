"""Turns checks into the outcomes that a client on the SDK for Python sees, line 1 or 2; the twin of `play.mjs`.

It never judges what it saw; whoever started it compares.
Usage: client.py URL USER legacy|auto, the story as JSON on stdin; prints {"check", "ok", "saw"}, one check a line. `ok`
tells that the session lives: the next allowed call worked. `checks/README.md` has the words of a check.
"""
from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
from sdk import News, Session, connected, protocol_error
from wire import Wire

# Each time limit is shorter than the next outer one. A server waits eight seconds at a gate.
CHECK_LIMIT = 25.0
NEWS_LIMIT = 5.0
SETTLE = 1.0  # the time for a client to handle an unexpected answer
PAUSE = 0.1

Check = dict[str, Any]
Saw = dict[str, Any]


class Opened:
    """A session, its HTTP exchanges, and the notifications of the server."""

    def __init__(self, url: str, mode: str, user: str, spoil: Check | None) -> None:
        self.url, self.mode = url, mode
        self.wire = Wire(user, spoil)
        self.news: list[News] = []
        self.stack = AsyncExitStack()

    async def open(self) -> Opened:
        self.sdk: Session = await self.stack.enter_async_context(connected(self.url, self.mode, self.wire, self.news.append))
        return self

    async def request(self, check: Check, on_progress: Callable[..., Awaitable[None]] | None = None) -> Saw:
        """The result, the JSON-RPC error, or any other failure."""
        if check.get("task"):
            return await outcome(self.sdk.follow_task(check["params"]))
        return await outcome(self.sdk.request(check["method"], check.get("params", {}), on_progress))


async def outcome(call: Awaitable[Any]) -> Saw:
    try:
        return {"result": await call}
    except Exception as error:
        return failure(error)


def failure(error: BaseException) -> Saw:
    # A task group wraps the errors of its tasks.
    while inner := getattr(error, "exceptions", None):
        error = inner[0]
    if answer := protocol_error(error):
        return {"error": answer}
    return {"failed": f"{type(error).__name__}: {error}"[:200]}


async def perform(session: Opened, check: Check) -> Saw:
    if check.get("do") == "connect":
        return session.sdk.learnt()
    if check.get("do") == "notify":
        return await notify(session, check)
    for word, played in (("spoil", spoiled), ("news", news_of), ("leave", leave), ("times", at_once), ("each", followed)):
        if word in check:
            return await played(session, check)
    return await session.request(check)


async def notify(session: Opened, check: Check) -> Saw:
    """Waits for the HTTP exchange of a notification, which has no answer."""
    before = len(session.wire.exchanges)
    sent = await outcome(session.sdk.notify(check["method"]))
    http: list[Check] = []
    with anyio.move_on_after(NEWS_LIMIT):
        while not http:
            await anyio.sleep(PAUSE / 10)
            exchanges = session.wire.exchanges[before:]
            http = [{"status": exchange.status} for exchange in exchanges if exchange.said == check["method"]]
    sent.pop("result", None)
    return {"http": http, **sent}


async def spoiled(session: Opened, check: Check) -> Saw:
    """A spoiled request: the response, and the client's reaction."""
    call = asyncio.create_task(session.request(check))
    answered = asyncio.create_task(session.wire.answered.wait())
    await asyncio.wait([call, answered], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([call], timeout=SETTLE)
    understood = call.result() if call.done() and not call.cancelled() else {"failed": "no answer"}
    for task in (call, answered):
        task.cancel()
    return {"http": session.wire.spoiled, **understood}


async def news_of(session: Opened, check: Check) -> Saw:
    """Repeats a request until the expected notification arrives: the stream may still be opening."""

    def said() -> News | None:
        return next((news for news in session.news if news["news"] == check["news"]), None)

    async with AsyncExitStack() as stack:
        if "listen" in check:
            listening = await outcome(stack.enter_async_context(session.sdk.listening(check["listen"], session.news.append)))
            if "result" not in listening:
                return listening
        with anyio.move_on_after(NEWS_LIMIT):
            while not said():
                asked = await session.request(check)
                if "result" not in asked:
                    return asked
                await anyio.sleep(PAUSE)
    return dict(said() or {"news": "none"})


async def leave(session: Opened, check: Check) -> Saw:
    """Abandons a call at its first event, and asks the server until it has noticed."""
    begun = anyio.Event()

    async def on_progress(*_: object) -> None:
        begun.set()

    call = asyncio.create_task(session.request(check, on_progress))
    await begun.wait()
    call.cancel()
    await asyncio.wait([call])
    with anyio.move_on_after(NEWS_LIMIT):
        while True:
            asked = await session.request(check["leave"])
            if check["leave"]["shows"] in compact(asked):
                return asked
            await anyio.sleep(PAUSE)
    return {"failed": "the server does not know"}


async def at_once(session: Opened, check: Check) -> Saw:
    asked = check.get("together", [check]) * check["times"]
    numbered = [json.loads(json.dumps(one).replace("$n", str(n))) for n, one in enumerate(asked)]
    return {"all": await asyncio.gather(*(session.request(one) for one in numbered))}


async def followed(session: Opened, check: Check) -> Saw:
    """Answers each event of a stream by another request."""
    progress: list[int] = []

    # Line 1 of the SDK reads nothing while this runs, so it must not wait for an answer.
    async def on_progress(done: float, *_: object) -> None:
        progress.append(int(done))
        if "method" in check["each"]:
            answers.append(asyncio.create_task(session.request(check["each"])))

    answers: list[asyncio.Task[Saw]] = []
    saw = await session.request(check, on_progress)
    await asyncio.gather(*answers)
    return {**saw, "progress": progress}


async def close(session: Opened) -> Saw:
    """Closes the session, and summarizes its exchanges."""
    await session.stack.aclose()
    exchanges = session.wire.exchanges

    def statuses(verb: str) -> list[int]:
        return sorted({exchange.status for exchange in exchanges if exchange.verb == verb})

    began = [exchange.said for exchange in exchanges if exchange.said in ("initialize", "server/discover")]
    refused = [f"{exchange.said} {exchange.status}" for exchange in exchanges if exchange.status >= 400]
    return {"began": began, "streams": statuses("GET"), "ended": statuses("DELETE"), "refused": refused}


def compact(saw: Any) -> str:
    return json.dumps(saw, ensure_ascii=False, separators=(",", ":"))


async def alive(session: Opened, check: Check) -> bool:
    """Whether the next allowed call works, on the same session."""
    with anyio.move_on_after(CHECK_LIMIT):
        return check["shows"] in compact(await session.request(check))
    return False


async def judge(session: Opened, check: Check, after: Check) -> tuple[bool, Saw]:
    if check.get("do") == "close":
        # Closing exits contexts that were entered before; a time limit around it would not nest with them.
        return True, await close(session)
    saw: Saw = {"failed": "no end"}
    with anyio.move_on_after(CHECK_LIMIT):
        saw = await perform(session, check)
    return await alive(session, after), saw


async def on_own_session(session: Opened, check: Check, after: Check) -> tuple[bool, Saw]:
    """A spoiled request may end a session; its errors end here."""
    ok, saw = False, {}
    try:
        async with session.stack:
            ok, saw = await judge(await session.open(), check, after)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        ok, saw = False, saw or {"http": session.wire.spoiled, **failure(error)}
    return ok, saw


async def play(url: str, user: str, mode: str) -> None:
    story = json.load(sys.stdin)
    session = await Opened(url, mode, user, None).open()
    for check in story["checks"]:
        if "spoil" in check:
            ok, saw = await on_own_session(Opened(url, mode, user, check["spoil"]), check, story["alive"])
        else:
            ok, saw = await judge(session, check, story["alive"])
        print(compact({"check": check["check"], "ok": ok, "saw": saw}), flush=True)


if __name__ == "__main__":
    # The SDKs' warnings on standard error help to explain a failure.
    logging.basicConfig(level=logging.WARNING)
    warnings.simplefilter("ignore", DeprecationWarning)
    asyncio.run(play(*sys.argv[1:]))
