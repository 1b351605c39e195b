"""Turns MCP requests into predictable results: a server with tools, prompts and resources, for old and new revisions of MCP.

It never ends a stream early or late by the clock: a streamed call goes on when a client says that it saw the last event.
Usage: server.py; prints {"port": N} once it accepts connections on 127.0.0.1, and ends when its stdin does.
Endpoints: /mcp, and /state for what reached it.
"""
from __future__ import annotations

import asyncio
import collections
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve, Sample
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    CreateMessageResult,
    PromptReference,
    ResourceTemplateReference,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

sys.path.append(str(Path(__file__).parents[1] / "serving"))
from serving import EventMemory, run  # noqa: E402

MODERN = "2026-07-28"
PATIENCE = 8.0  # seconds at a gate; a client's time limit must be longer
PAUSE = 0.01
STEPS = 3

requests: list[dict[str, Any]] = []  # the requests that reached this server, in order
left: set[str] = set()  # gates whose caller has left
opened: collections.Counter[str] = collections.Counter()  # the number of times that each gate was opened

server = MCPServer("bit-of-everything", version="1.0.0", instructions="A server for tests.")


class Sum(BaseModel):
    sum: int


class Colour(BaseModel):
    colour: str


def colour_question() -> Elicit[Colour]:
    return Elicit("Which colour?", Colour)


def word_question() -> Sample:
    content = TextContent(type="text", text="Say a word.")
    return Sample([SamplingMessage(role="user", content=content)], max_tokens=10)


@server.tool()
async def add(a: int, b: int) -> Sum:
    """Adds two numbers."""
    return Sum(sum=a + b)


@server.tool()
async def echo(text: str) -> str:
    """Returns its argument."""
    return text


@server.tool()
async def fail() -> str:
    """Always fails, by the tool's own doing."""
    raise ToolError("This tool always fails.")


@server.tool()
async def twice() -> str:
    """For a policy that allows two calls."""
    return "done"


@server.tool()
async def delete_project() -> str:
    """For a policy that denies it by name."""
    return "gone"


@server.tool()
async def hidden() -> str:
    """For a policy that hides it."""
    return "found"


@server.tool()
async def read_env() -> str:
    """For a policy that does not name it."""
    return "DEPLOY_TOKEN=made-up"


@server.tool()
async def watch(ctx: Context, gate: str) -> str:
    """Reports one step, and the next only after `open_gate` was called for this one."""
    for step in range(1, STEPS + 1):
        try:
            await ctx.report_progress(step, STEPS, f"step {step} of {STEPS}")
            with anyio.fail_after(PATIENCE):
                while opened[gate] < step:
                    await anyio.sleep(PAUSE)
        except TimeoutError:
            raise ToolError(f"No client saw step {step}.") from None
        except asyncio.CancelledError:
            left.add(gate)
            raise
    return f"watched {STEPS} steps"


@server.tool()
async def open_gate(gate: str) -> str:
    """Lets `watch` go on by a step."""
    opened[gate] += 1
    return "open"


@server.tool()
async def was_left(gate: str) -> str:
    """Tells whether the caller of `watch` left."""
    return "left" if gate in left else "not yet"


@server.tool()
async def ask(colour: Annotated[Colour, Resolve(colour_question)]) -> str:
    """Asks the person at the client before it answers."""
    return f"The colour is {colour.colour}."


@server.tool()
async def sample(word: Annotated[CreateMessageResult, Resolve(word_question)]) -> str:
    """Asks the model at the client before it answers."""
    return f"The model says {word.content.text}."


@server.tool()
async def log(ctx: Context) -> str:
    """Writes to the client's log."""
    await ctx.warning("The log says so.")
    return "logged"


@server.tool()
async def announce(ctx: Context) -> str:
    """Tells the client, on the stream that is open for such news, that the tools have changed."""
    if ctx.protocol_version == MODERN:
        await ctx.notify_tools_changed()
    else:
        await ctx.session.send_tool_list_changed()
    return "announced"


@server.tool()
async def touch(ctx: Context, uri: str) -> str:
    """Tells who subscribed to it that a resource has changed."""
    await ctx.notify_resource_updated(uri)
    return "touched"


@server.prompt()
def greeting(name: str) -> str:
    """A prompt with a plain name."""
    return f"Greet {name}."


@server.prompt(name="begrüßung")
def greeting_in_german() -> str:
    """A prompt whose name travels encoded in a header of the newest revision."""
    return "Sag hallo."


@server.prompt()
def secret() -> str:
    """For a policy that denies it by name."""
    return "The secret prompt."


@server.resource("memo://public")
def public_memo() -> str:
    """A resource with a fixed address."""
    return "Everybody may read this."


@server.resource("memo://secret")
def secret_memo() -> str:
    """For a policy that does not name it."""
    return "The secret memo."


@server.resource("memo://notes/{name}")
def note(name: str) -> str:
    """A family of resources."""
    if name == "missing":
        raise ResourceNotFoundError("There is no such note.")
    return f"The note {name}."


@server.completion()
async def complete(
    ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, context: CompletionContext | None
) -> Completion:
    return Completion(values=[f"{argument.value}-1", f"{argument.value}-2"])


@server.custom_route("/state", methods=["GET"])
async def state(_request: Request) -> JSONResponse:
    return JSONResponse({"requests": requests})


class Recorder:
    """Records every MCP request, and passes it on unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/mcp":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        entry: dict[str, Any] = {
            "verb": scope["method"],
            "by_gateway": "x-forwarded-proto" in headers,  # a header that Envoy adds
            "message": None,
        }
        requests.append(entry)
        body = bytearray()

        async def recording_receive() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if body and not message.get("more_body"):
                    entry["message"] = summary(bytes(body))
            return message

        await self.app(scope, recording_receive, send)


def summary(body: bytes) -> str:
    """The method and its target: `tools/call add`."""
    try:
        message = json.loads(body)
        params = message.get("params") or {}
        return " ".join(str(part) for part in (message.get("method", "answer"), params.get("name") or params.get("uri")) if part)
    except (ValueError, AttributeError):
        return "unreadable"


if __name__ == "__main__":
    run(lambda: Recorder(server.streamable_http_app(event_store=EventMemory())))
