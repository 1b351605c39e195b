"""Turns a policy with approvals into a person who can sign in at the demo's gateway: a key, a token, and a link that hands it out.

It never lets anybody sign in who does not know the link. Its secret, the key and the token are made anew at each start.
"""
from __future__ import annotations

import asyncio
import http.client
import json
import os
import secrets
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

COOKIE = "approver"
AUDIENCE = "the-demo"
SECONDS = 3600  # for which the token is valid
FORM = "application/x-www-form-urlencoded"
FILTER = "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"
ROUTE = "type.googleapis.com/envoy.config.route.v3.FilterConfig"


@dataclass(frozen=True)
class Approver:
    """The only person of the demo, who is the first approver of the policy that a claim proves."""

    gateway: str  # the address of the gateway, without a path
    path: str  # that of the page
    keys: list[str]  # the environment variables with the keys of approvals
    claims: dict[str, Any]
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def environment(self) -> dict[str, str]:
        """The keys of approvals: those of this program's own environment, and new ones in place of those that are missing."""
        return {name: os.environ.get(name) or secrets.token_hex(32) for name in self.keys}

    def token(self) -> str:
        claims = {"iss": "the-demo", "sub": "you", "aud": AUDIENCE, "exp": int(time.time()) + SECONDS, **self.claims}
        return jwt.encode(claims, self.key, algorithm="ES256")

    def link(self, approval: str) -> str:
        """Signs in, and leads to the approval."""
        return f"{self.gateway}/sign-in/{self.secret}/{approval}".rstrip("/")

    def page(self, approval: str) -> str:
        return f"{self.gateway}{self.path}/{approval}"

    def configured(self, text: str) -> str:
        """The configuration of Envoy with the filter that verifies the token, and the routes that hand it out."""
        text = inserted(text, "          http_filters:\n", f"          - {json.dumps(self.filter())}\n")
        routes = [self.route({"prefix": f"/sign-in/{self.secret}/"}, {"prefix_rewrite": f"{self.path}/"})]
        routes.append(self.route({"path": f"/sign-in/{self.secret}"}, {"path_redirect": self.path}))
        lines = "".join(f"              - {json.dumps(route)}\n" for route in routes)
        return inserted(text, "              routes:\n", lines)

    def filter(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        provider = {
            "audiences": [AUDIENCE],
            "from_cookies": [COOKIE],
            "payload_in_metadata": "jwt",
            "local_jwks": {"inline_string": json.dumps({"keys": [{**public, "alg": "ES256", "use": "sig"}]})},
        }
        # A visitor without a token reads whether a call still waits; a token that is not valid is refused.
        either = [{"provider_name": "demo"}, {"allow_missing": {}}]
        rule = {"match": {"path_separated_prefix": self.path}, "requires": {"requires_any": {"requirements": either}}}
        return {
            "name": "envoy.filters.http.jwt_authn",
            "typed_config": {"@type": FILTER, "providers": {"demo": provider}, "rules": [rule]},
        }

    def route(self, match: dict[str, str], to: dict[str, str]) -> dict[str, Any]:
        cookie = f"{COOKIE}={self.token()}; Path={self.path}; Max-Age={SECONDS}; HttpOnly; SameSite=Strict"
        headers = {"set-cookie": cookie, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return {
            "match": match,
            "redirect": {"response_code": "SEE_OTHER", **to},
            "response_headers_to_add": [{"header": {"key": key, "value": value}} for key, value in headers.items()],
            "typed_per_filter_config": {"mcp_policy": {"@type": ROUTE, "disabled": True}},
        }

    async def decides(self, approval: str) -> str:
        """Approves without a person, over HTTP: reads the approval, and posts the form of the page. Returns the new state."""
        signed_in = {"cookie": f"{COOKIE}={self.token()}"}
        read = await ask("GET", self.page(approval), signed_in)
        form = {"decision": "approve", "reason": "The demo approves it.", "csrf": read.get("csrf", "")}
        body = urllib.parse.urlencode(form)
        answer = await ask("POST", self.page(approval), {**signed_in, "content-type": FORM}, body)
        return str(answer.get("approval", {}).get("state") or answer.get("error") or answer)

    async def waits(self, approval: str) -> str:
        """Waits until a person has decided, as a visitor who sees the state alone. Returns it."""
        while True:
            state = (await ask("GET", self.page(approval), {})).get("state", "unknown")
            if state != "pending":
                return str(state)
            await asyncio.sleep(1)


def approver(policy: str, gateway: str) -> Approver | None:
    """None for a policy without approvals, or with mistakes, which others report."""
    try:
        approvals = json.loads(policy)["approvals"]
        claims = [one["claim"] for one in approvals["approvers"].values() if "claim" in one]
        path = urllib.parse.urlsplit(approvals["url"]).path
        return Approver(gateway, path, list(approvals["keys"]), dict(claims[0]) if claims else {})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def inserted(text: str, after: str, lines: str) -> str:
    before, found, rest = text.partition(after)
    if not found:
        raise ValueError(f"the configuration has no line {after.strip()!r}")
    return before + found + lines + rest


async def ask(method: str, url: str, headers: dict[str, str], body: str | None = None) -> dict[str, Any]:
    """One request to the page of approvals, which answers in JSON."""
    parts = urllib.parse.urlsplit(url)

    def exchange() -> dict[str, Any]:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, parts.path, body, {"accept": "application/json", **headers})
            text = connection.getresponse().read().decode("utf-8", "replace")
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"error": text}
        return answer if isinstance(answer, dict) else {"error": text}

    return await asyncio.to_thread(exchange)
