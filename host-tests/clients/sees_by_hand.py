"""Turns servers into all that a client without an SDK sees of them: one of a few lines on httpx, as people write them.

It never judges what it saw; whoever started it looks for what must not be there.
Usage: sees_by_hand.py, a JSON list of URLs on stdin; prints {"url", "saw"}, one a line.
"""
from __future__ import annotations

import json
import sys
from typing import Any

import httpx

HEADERS = {"accept": "application/json, text/event-stream"}
REQUESTS: list[dict[str, Any]] = [
    {"method": "tools/list", "params": {}},
    {"method": "tools/call", "params": {"name": "shown", "arguments": {}}},
]


def ask(client: httpx.Client, url: str, request: dict[str, Any]) -> Any:
    response = client.post(url, json={"jsonrpc": "2.0", "id": 1, **request}, headers=HEADERS)
    try:
        return response.json()
    except ValueError as error:
        return repr(error)


# Proxies of the environment are ignored: all connections stay on this machine.
with httpx.Client(trust_env=False) as client:
    for url in json.load(sys.stdin):
        saw = [ask(client, url, request) for request in REQUESTS]
        print(json.dumps({"url": url, "saw": saw}), flush=True)
