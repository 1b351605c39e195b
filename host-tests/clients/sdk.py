"""Turns the SDK for Python, of line 1 or 2, into a session that `client.py` can play with.

It never sends anything of its own making: each method is the SDK's.
"""
from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Protocol

import anyio
import mcp.types as types
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl, BaseModel
from wire import Wire

LINE = int(version("mcp").partition(".")[0])
if LINE == 1:
    from mcp import ClientSession, McpError
else:
    from mcp import Client
    from mcp import MCPError as McpError

REQUEST_LIMIT = 15.0
INFO = types.Implementation(name="client-of-the-matrix", version="1.0.0")

News = dict[str, Any]
OnNews = Callable[[News], None]


class Session(Protocol):
    """The functions that `client.py` calls."""

    def learnt(self) -> dict[str, Any]: ...
    async def request(self, method: str, params: dict[str, Any], on_progress: Callable[..., Awaitable[None]] | None) -> Any: ...
    async def follow_task(self, params: dict[str, Any]) -> Any: ...
    async def notify(self, method: str) -> None: ...
    def listening(self, wanted: dict[str, Any], on_news: OnNews) -> AbstractAsyncContextManager[None]: ...


def protocol_error(error: BaseException) -> dict[str, Any] | None:
    """The JSON-RPC error in an exception of the SDK."""
    return plain(error.error) if isinstance(error, McpError) else None


def plain(model: Any) -> Any:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(model, BaseModel) else model


class OfEitherLine:
    """The methods with the same names in both lines, of a `Client` or a `ClientSession`."""

    def __init__(self, client: Any, session: Any) -> None:
        self.client, self.session = client, session

    async def request(self, method: str, params: dict[str, Any], on_progress: Callable[..., Awaitable[None]] | None) -> Any:
        return plain(await self._call(method, params, on_progress))

    def _call(self, method: str, params: dict[str, Any], on_progress: Callable[..., Awaitable[None]] | None) -> Awaitable[Any]:
        client = self.client
        match method:
            case "tools/call":
                return client.call_tool(
                    params["name"], params.get("arguments"), progress_callback=on_progress, meta=params.get("_meta")
                )
            case "prompts/get":
                return client.get_prompt(params["name"], params.get("arguments"))
            case "resources/read":
                return client.read_resource(self.uri(params["uri"]))
            case "resources/subscribe":
                return client.subscribe_resource(self.uri(params["uri"]))
            case "completion/complete":
                kind = types.PromptReference if params["ref"]["type"] == "ref/prompt" else types.ResourceTemplateReference
                return client.complete(kind(**params["ref"]), params["argument"])
            case "logging/setLevel":
                return client.set_logging_level(params["level"])
            case "ping":
                return client.send_ping()
            case "tools/list":
                return client.list_tools()
            case "prompts/list":
                return client.list_prompts()
            case "resources/list":
                return client.list_resources()
            case "resources/templates/list":
                return client.list_resource_templates()
        return self.session.send_request(self.own_request(method), types.EmptyResult)

    async def follow_task(self, params: dict[str, Any]) -> Any:
        raise NotImplementedError("line 2 has no tasks")

    async def notify(self, method: str) -> None:
        if method == "notifications/roots/list_changed":
            await self.session.send_roots_list_changed()
        else:
            await self.session.send_notification(self.own_notification(method))

    @asynccontextmanager
    async def listening(self, wanted: dict[str, Any], on_news: OnNews) -> AsyncIterator[None]:
        for uri in wanted.get("resourceSubscriptions", []):
            await self.client.subscribe_resource(self.uri(uri))
        yield


class OfLine2(OfEitherLine):
    uri = staticmethod(str)

    def learnt(self) -> dict[str, Any]:
        return {
            "revision": self.client.protocol_version,
            "server": plain(self.client.server_info),
            "capabilities": plain(self.client.server_capabilities),
            "instructions": self.client.instructions,
        }

    def own_request(self, method: str) -> Any:
        return types.Request[types.RequestParams, str](method=method, params=types.RequestParams())

    def own_notification(self, method: str) -> Any:
        return types.Notification[types.NotificationParams, str](method=method, params=types.NotificationParams())

    @asynccontextmanager
    async def listening(self, wanted: dict[str, Any], on_news: OnNews) -> AsyncIterator[None]:
        if self.client.protocol_version < "2026":
            async with super().listening(wanted, on_news):
                yield
            return
        listen = self.client.listen(
            tools_list_changed=wanted.get("toolsListChanged", False),
            resource_subscriptions=wanted.get("resourceSubscriptions", []),
        )

        async def follow(subscription: Any) -> None:
            async for event in subscription:
                on_news(news_of_event(event))

        async with listen as subscription, anyio.create_task_group() as tasks:
            tasks.start_soon(follow, subscription)
            yield
            tasks.cancel_scope.cancel()


def news_of_event(event: Any) -> News:
    """The notifications of a subscription have types of their own in this line."""
    if type(event).__name__ == "ToolsListChanged":
        return {"news": "notifications/tools/list_changed"}
    return {"news": "notifications/resources/updated", "uri": str(event.uri)}


class OfLine1(OfEitherLine):
    uri = AnyUrl

    def __init__(self, session: Any, learnt: Any) -> None:
        super().__init__(session, session)
        self._learnt = learnt

    def learnt(self) -> dict[str, Any]:
        return {
            "revision": self._learnt.protocolVersion,
            "server": plain(self._learnt.serverInfo),
            "capabilities": plain(self._learnt.capabilities),
            "instructions": self._learnt.instructions,
        }

    async def follow_task(self, params: dict[str, Any]) -> Any:
        """Makes a call that becomes a task, and waits for its end."""
        tasks = self.session.experimental
        began = (await tasks.call_tool_as_task(params["name"], params.get("arguments"))).task
        statuses = [began.status, *[task.status async for task in tasks.poll_task(began.taskId)]]
        result = await tasks.get_task_result(began.taskId, types.CallToolResult)
        return {"began": statuses[0], "ended": statuses[-1], "content": plain(result)["content"]}

    def own_request(self, method: str) -> Any:
        return types.ClientRequest.model_construct(types.Request[None, str](method=method, params=None))

    def own_notification(self, method: str) -> Any:
        return types.ClientNotification.model_construct(types.Notification[None, str](method=method, params=None))


@asynccontextmanager
async def connected(url: str, mode: str, wire: Wire, on_news: OnNews) -> AsyncIterator[Session]:
    async def on_message(message: Any) -> None:
        message = getattr(message, "root", message)
        if isinstance(message, BaseModel) and (method := getattr(message, "method", None)):
            params = plain(getattr(message, "params", None)) or {}
            on_news({"news": method, **{key: params[key] for key in ("uri", "data") if key in params}})

    hands = {
        "client_info": INFO,
        "message_handler": on_message,
        "elicitation_callback": elicited,
        "list_roots_callback": roots,
        "sampling_callback": sampled,
    }
    async with wire.client() as http:
        if LINE > 1:
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport, mode=mode, cache=None, read_timeout_seconds=REQUEST_LIMIT, **hands) as client:
                yield OfLine2(client, client.session)
        else:
            async with (
                streamable_http_client(url, http_client=http) as (read, write, *_),
                ClientSession(read, write, timedelta(seconds=REQUEST_LIMIT), **hands) as session,
            ):
                yield OfLine1(session, await session.initialize())


# The answers of this client's user and model.


async def elicited(*_: Any) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"colour": "green", "name": "Ada"})


async def roots(*_: Any) -> types.ListRootsResult:
    return types.ListRootsResult.model_validate({"roots": [{"uri": "file:///nowhere/work", "name": "work"}]})


async def sampled(*_: Any) -> types.CreateMessageResult:
    content = types.TextContent(type="text", text="yes")
    return types.CreateMessageResult(model="made-up", role="assistant", content=content)
