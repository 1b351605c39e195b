"""Turns `fixtures.json` into a server for the official conformance suite: the twin of `server.mjs`, on the SDK for Python.

It never knows which scenario is played: every tool, prompt and resource answers as the fixtures say.
Usage: server.py; prints {"port": N} once it accepts connections on 127.0.0.1, and ends when its stdin does.
"""
from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from pydantic import TypeAdapter

sys.path.append(str(Path(__file__).parents[1] / "serving"))
from serving import EventMemory, run  # noqa: E402

MODERN = "2026-07-28"
STEP = 0.05  # seconds between two messages of a tool
FIXTURES: dict[str, Any] = json.loads(Path(__file__).with_name("fixtures.json").read_text())
TOOLS = {tool["name"]: tool for tool in FIXTURES["tools"]}
PROMPTS = {prompt["name"]: prompt for prompt in FIXTURES["prompts"]}
RESOURCES = {resource["uri"]: resource for resource in FIXTURES["resources"]}
TEMPLATE = FIXTURES["template"]
INFO = {"name": "conformance-fixtures", "version": "1.0.0"}

Fixture = dict[str, Any]
Asked = types.CallToolRequestParams | types.GetPromptRequestParams

bus = InMemorySubscriptionBus()


def schema_of(tool: Fixture) -> Fixture:
    return tool.get("inputSchema", {"type": "object"})


def filled(fixture: Any, **values: str) -> Any:
    """Replaces `$name` by its value in all texts of a fixture."""
    if isinstance(fixture, dict):
        return {key: filled(value, **values) for key, value in fixture.items()}
    if isinstance(fixture, list):
        return [filled(value, **values) for value in fixture]
    if isinstance(fixture, str):
        for name, value in {"png": FIXTURES["png"], "wav": FIXTURES["wav"], **values}.items():
            fixture = fixture.replace(f"${name}", value)
    return fixture


def text(said: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=said)])


async def list_tools(_ctx: Any, _params: Any) -> types.ListToolsResult:
    tools = [{"name": tool["name"], "description": tool["description"], "inputSchema": schema_of(tool)} for tool in TOOLS.values()]
    return types.ListToolsResult.model_validate({"tools": tools})


async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult | types.InputRequiredResult:
    tool = TOOLS.get(params.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, f"There is no tool {params.name}.")
    if "result" in tool:
        return types.CallToolResult.model_validate(filled(tool["result"]))
    if "rounds" in tool:
        answers = await ask(ctx, params, tool)
        return answers if isinstance(answers, types.InputRequiredResult) else text(filled(tool["says"], answers=answers))
    await DEEDS[tool["does"]](ctx)
    return text("done")


async def log(ctx: Any) -> None:
    for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.session.send_log_message("info", said, related_request_id=ctx.request_id)
        await asyncio.sleep(STEP)


async def progress(ctx: Any) -> None:
    for step in (0, 50, 100):
        await ctx.session.report_progress(step, 100)
        await asyncio.sleep(STEP)


async def reconnect(ctx: Any) -> None:
    if ctx.close_sse_stream:
        await ctx.close_sse_stream()
    await asyncio.sleep(2 * STEP)


async def tools_changed(ctx: Any) -> None:
    await (bus.publish(ToolsListChanged()) if ctx.protocol_version == MODERN else ctx.session.send_tool_list_changed())


async def prompts_changed(ctx: Any) -> None:
    await (bus.publish(PromptsListChanged()) if ctx.protocol_version == MODERN else ctx.session.send_prompt_list_changed())


DEEDS = {
    "log": log,
    "progress": progress,
    "reconnect": reconnect,
    "tools_changed": tools_changed,
    "prompts_changed": prompts_changed,
}


async def ask(ctx: Any, params: Asked, fixture: Fixture) -> types.InputRequiredResult | str:
    """The questions to ask before the answer, or else all answers as one text."""
    said = {key: str(value) for key, value in (params.arguments or {}).items()}
    rounds = [TypeAdapter(types.InputRequests).validate_python(filled(round, **said)) for round in fixture["rounds"]]
    if ctx.protocol_version != MODERN:
        return words([await ask_at_once(ctx, question) for questions in rounds for question in questions.values()])
    answers = params.input_responses or {}
    state = json.loads(params.request_state or '{"round": 0}')
    number = state["round"]
    if rounds[number].keys() <= answers.keys():
        number += 1
    if number == len(rounds):
        return words(list(answers.values()))
    questions = able(ctx, rounds[number], fixture.get("whoever_is_there", False))
    sealed = json.dumps({"round": number}) if fixture.get("sealed") else None
    return types.InputRequiredResult(input_requests=questions, request_state=sealed)


async def ask_at_once(ctx: Any, question: Any) -> Any:
    """Asks by requests of the server, as older revisions do."""
    kinds = {"sampling/createMessage": types.CreateMessageResult, "elicitation/create": types.ElicitResult, "roots/list": types.ListRootsResult}
    return await ctx.session.send_request(question, kinds[question.method], metadata=ServerMessageMetadata(related_request_id=ctx.request_id))


def able(ctx: Any, questions: Fixture, whoever_is_there: bool) -> Fixture:
    """The questions that this client can answer; it must be able to answer all of them unless the fixture says otherwise."""
    client = ctx.session.client_capabilities or types.ClientCapabilities()
    have = {key: question for key, question in questions.items() if getattr(client, question.method.split("/")[0]) is not None}
    if len(have) < len(questions) and not whoever_is_there:
        needed = {question.method.split("/")[0]: {} for key, question in questions.items() if key not in have}
        raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "The client cannot do this.", {"requiredCapabilities": needed})
    return have


def words(answers: list[Any]) -> str:
    plain = [answer.model_dump(by_alias=True, mode="json", exclude_none=True) for answer in answers]
    return json.dumps(plain).replace('"', "'")


async def list_prompts(_ctx: Any, _params: Any) -> types.ListPromptsResult:
    prompts = [{key: prompt[key] for key in ("name", "description", "arguments") if key in prompt} for prompt in PROMPTS.values()]
    return types.ListPromptsResult.model_validate({"prompts": prompts})


async def get_prompt(ctx: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult | types.InputRequiredResult:
    prompt = PROMPTS.get(params.name)
    if prompt is None:
        raise MCPError(types.INVALID_PARAMS, f"There is no prompt {params.name}.")
    answers = await ask(ctx, params, prompt) if "rounds" in prompt else ""
    if isinstance(answers, types.InputRequiredResult):
        return answers
    return types.GetPromptResult.model_validate(filled({"messages": prompt["messages"]}, answers=answers, **(params.arguments or {})))


async def list_resources(_ctx: Any, _params: Any) -> types.ListResourcesResult:
    named = [{"name": uri.removeprefix("test://"), "description": "A resource.", **resource} for uri, resource in RESOURCES.items()]
    return types.ListResourcesResult.model_validate({"resources": named})


async def list_templates(_ctx: Any, _params: Any) -> types.ListResourceTemplatesResult:
    template = {"name": "template", "description": "A family.", "uriTemplate": TEMPLATE["uri"], "mimeType": TEMPLATE["mimeType"]}
    return types.ListResourceTemplatesResult.model_validate({"resourceTemplates": [template]})


async def read_resource(_ctx: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    resource = RESOURCES.get(params.uri)
    start, end = TEMPLATE["uri"].split("{id}")
    if resource is None and (member := re.fullmatch(f"{re.escape(start)}([^/]+){re.escape(end)}", params.uri)):
        resource = {**filled(TEMPLATE, id=member[1]), "uri": params.uri}
    if resource is None:
        raise MCPError(types.INVALID_PARAMS, "Resource not found", {"uri": params.uri})
    return types.ReadResourceResult.model_validate({"contents": [filled(resource)]})


async def complete(_ctx: Any, params: types.CompleteRequestParams) -> types.CompleteResult:
    return types.CompleteResult(completion=types.Completion(values=[f"{params.argument.value}is"], total=1, has_more=False))


async def agree(_ctx: Any, _params: Any) -> types.EmptyResult:
    return types.EmptyResult()


def build() -> Server[Any]:
    server: Server[Any] = Server(
        **INFO,
        get_tool_input_schema=lambda name: schema_of(TOOLS[name]) if name in TOOLS else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=agree,
        on_unsubscribe_resource=agree,
        on_subscriptions_listen=ListenHandler(bus),
        on_completion=complete,
        on_set_logging_level=agree,
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=INFO["name"]))
    return server


if __name__ == "__main__":
    run(lambda: build().streamable_http_app(event_store=EventMemory(), retry_interval=int(10_000 * STEP)))
