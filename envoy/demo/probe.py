"""Turns a failed probe of the demo into sentences: the policy's refusal, and a command and settings that have a token.

It never connects to a server, and never asks for a token.
"""
from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

# Refusals by the policy. The gateway works; with any other reason it may not.
BY_THE_POLICY = ("identity", "not_allowed", "denied", "rate_limited", "frozen")

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "curl", "version": "1"}},
}


@dataclass(frozen=True)
class Refusal:
    reason: str
    message: str


def refusal(error: BaseException) -> Refusal | None:
    """The plugin's refusal in an error of the MCP client; None for an error of another kind."""
    said = getattr(error, "error", None)
    data = getattr(said, "data", None)
    reason = data.get("reason") if isinstance(data, dict) and getattr(said, "code", None) == -31403 else None
    return Refusal(reason, str(said.message)) if reason in BY_THE_POLICY else None


def sentences(refused: Refusal, url: str, policy: str) -> str:
    """The refusal for the operator; with `grants`, followed by a command that sends a token."""
    if refused.reason != "identity" or not has_grants(policy):
        return f"The gateway runs. Its policy refuses this probe: {refused.message}"
    return (
        f"The gateway runs. Its policy admits only callers with a token, and this probe has none: {refused.message}\n"
        f"While the gateway runs, this passes if TOKEN is a token of the policy's `grants`:\n\n{curl(url)}\n"
    )


def curl(url: str) -> str:
    headers = ['"Authorization: Bearer $TOKEN"', "'Content-Type: application/json'", "'Accept: application/json, text/event-stream'"]
    fields = " ".join(f"-H {header}" for header in headers)
    return f"curl {shlex.quote(url)} {fields} -d {shlex.quote(json.dumps(INITIALIZE, separators=(',', ':')))}"


def client_settings(url: str, policy: str) -> str:
    """Settings of an MCP client for this gateway, as JSON; with `grants`, they have the place of the token."""
    server: dict[str, object] = {"type": "http", "url": url}
    if has_grants(policy):
        server["headers"] = {"Authorization": "Bearer …"}
    return json.dumps({"mcpServers": {"through-mcp-policy": server}}, indent=2, ensure_ascii=False)


def has_grants(policy: str) -> bool:
    try:
        document = json.loads(policy)
    except ValueError:
        return False
    return isinstance(document, dict) and "grants" in document
