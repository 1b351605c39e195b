"""Serves an application as the tests expect of every server: on 127.0.0.1, on a port that it prints, until its stdin ends.

It never looks at a message.
"""
from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable

import uvicorn
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.types import JSONRPCMessage
from starlette.types import ASGIApp


class EventMemory(EventStore):
    """Stores every event, for clients that resume a stream."""

    def __init__(self) -> None:
        self.events: list[tuple[str, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        last = int(last_event_id)
        stream_id = self.events[last - 1][0]
        for number, (stream, message) in enumerate(self.events[last:], last + 1):
            if stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream_id


def run(application: Callable[[], ASGIApp]) -> None:
    """Prints {"port": N} once connections are accepted, and ends the process when its stdin ends."""
    end_with_stdin()
    asyncio.run(serve(application))


def end_with_stdin() -> None:
    """Ends the process when stdin ends. The parent process has the other end, which closes also when the parent is killed."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


async def serve(application: Callable[[], ASGIApp]) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        # Connections wait in the backlog until the server accepts them.
        print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
        config = uvicorn.Config(application(), log_level="warning", lifespan="on")
        await uvicorn.Server(config).serve(sockets=[listening])
