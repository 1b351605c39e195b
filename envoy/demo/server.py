"""Turns test runs into MCP tool results: a small MCP server (Streamable HTTP) for the demo and the tests.

It works on a temporary copy of a project and never tests or removes a folder outside that copy.
Usage: server.py [--port 18080] [--project FOLDER]; the MCP endpoint is http://127.0.0.1:PORT/mcp
"""
from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 60.0
FRAMEWORKS = ("pytest", "unittest", "jest", "vitest", "mocha")
Framework = Literal["pytest", "unittest", "jest", "vitest", "mocha"]

workspace = Path()  # the temporary folder that holds the copy; set by main()
calls: collections.Counter[str] = collections.Counter()  # tool -> calls that reached this server

server = MCPServer("test-runner", instructions="Runs the tests of the project in the current folder.")


class Failure(BaseModel):
    name: str
    message: str = ""


class TestRun(BaseModel):
    framework: Framework
    command: list[str]
    passed: int
    failed: int
    skipped: int = 0
    failures: list[Failure]
    duration: float = Field(description="Seconds")


@server.tool()
async def run(
    path: Annotated[str, Field(description="The project's folder, relative to the workspace", max_length=4096)] = "project",
    framework: Annotated[Framework | None, Field(description="Use this framework instead of detecting one")] = None,
    filter: Annotated[str | None, Field(description="Run only tests whose name contains this", max_length=255)] = None,
    args: Annotated[list[str] | None, Field(description="More arguments for the test runner", max_length=100)] = None,
    timeout: Annotated[float, Field(description="Seconds after which the run is ended", gt=0, le=TIME_LIMIT)] = 30.0,
) -> TestRun:
    """Detects the test framework (pytest/unittest/jest/vitest/mocha), runs the tests, returns what failed."""
    calls["run"] += 1
    folder = inside_workspace(path)
    chosen: Framework = framework or detect(folder)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report"
        command = command_line(chosen, folder, report, filter, args or [])
        started = time.monotonic()
        output, errors = await execute(command, folder, timeout)
        duration = round(time.monotonic() - started, 3)
        try:
            text = report.read_text("utf-8") if report.exists() else output
            numbers = READERS[chosen](text)
        except (ValueError, KeyError, ElementTree.ParseError):
            raise ToolError(f"{chosen} wrote no readable report: {(errors or output).strip()[-500:]}") from None
    return TestRun(framework=chosen, command=command, duration=duration, **numbers)


@server.tool()
async def delete_project(path: Annotated[str, Field(description="The project's folder")] = "project") -> str:
    """Removes a project's folder and everything in it."""
    calls["delete_project"] += 1
    folder = inside_workspace(path)
    if folder == workspace:
        raise ToolError("The workspace itself stays.")
    shutil.rmtree(folder)
    return f"{path} is gone."


@server.tool()
async def read_env() -> dict[str, str]:
    """Returns the environment variables of the server, credentials included."""
    calls["read_env"] += 1
    return {"PATH": "/usr/bin", "DEPLOY_TOKEN": "made-up-for-the-demo"}


@server.tool()
async def deploy(version: Annotated[str, Field(description="The version of the project, such as 1.4.0")]) -> str:
    """Puts a version of the project into production."""
    calls["deploy"] += 1
    return f"Version {version} is in production."


@server.tool()
async def watch(
    ctx: Context,
    steps: Annotated[int, Field(ge=1, le=1000)] = 5,
    interval: Annotated[float, Field(description="Seconds between two steps", ge=0, le=10)] = 0.2,
) -> str:
    """Watches the project for a while and reports progress as it goes."""
    calls["watch"] += 1
    for step in range(1, steps + 1):
        await asyncio.sleep(interval)
        await ctx.report_progress(step, steps, f"step {step} of {steps}")
    return f"Watched for {steps} steps."


@server.custom_route("/healthz", methods=["GET"])
async def healthz(_request: Request) -> JSONResponse:
    """For a gateway's health check; the counts show which calls reached this server."""
    return JSONResponse({"ok": True, "calls": dict(calls), "project_exists": (workspace / "project").is_dir()})


def inside_workspace(path: str) -> Path:
    folder = (workspace / path).resolve()
    if folder != workspace and workspace not in folder.parents:
        raise ToolError("That path is outside the workspace; use a relative path such as 'project'.")
    if not folder.is_dir():
        raise ToolError(f"There is no folder {path!r} in the workspace.")
    return folder


def detect(folder: Path) -> Framework:
    """JavaScript frameworks by package.json, pytest by its configuration, unittest when there are test files."""
    package = folder / "package.json"
    if package.is_file():
        text = package.read_text("utf-8", "replace")
        for name in ("vitest", "jest", "mocha"):
            if f'"{name}"' in text:
                return name
    pyproject = folder / "pyproject.toml"
    if (
        any((folder / name).is_file() for name in ("pytest.ini", "conftest.py"))
        or pyproject.is_file()
        and "[tool.pytest" in pyproject.read_text("utf-8", "replace")
    ):
        return "pytest"
    if next(folder.rglob("test*.py"), None):
        return "unittest"
    raise ToolError(f"No tests were found; name the framework, one of {', '.join(FRAMEWORKS)}.")


def command_line(framework: Framework, folder: Path, report: Path, only: str | None, more: list[str]) -> list[str]:
    if framework == "unittest":
        return [sys.executable, str(HERE / "unittest_report.py"), str(folder), *(["-k", only] if only else []), *more]
    if framework == "pytest":
        return [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *(["-k", only] if only else []), *more]
    if framework == "jest":
        command = ["jest", "--json", f"--outputFile={report}", *(["-t", only] if only else [])]
    elif framework == "vitest":
        command = ["vitest", "run", "--reporter=json", f"--outputFile={report}", *(["-t", only] if only else [])]
    else:
        command = ["mocha", "--reporter", "json", *(["--grep", only] if only else [])]
    return ["npx", "--no-install", *command, *more]


async def execute(command: list[str], folder: Path, seconds: float) -> tuple[str, str]:
    """Runs a command in its own process group, and kills the group at the timeout or when the caller leaves."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(f"{command[0]} could not be started: {error.strerror}.") from None
    try:
        output, errors = await asyncio.wait_for(process.communicate(), seconds)
    except asyncio.TimeoutError:
        raise ToolError(f"The tests ran longer than {seconds:g} s and were ended.") from None
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")


def read_unittest(text: str) -> dict[str, Any]:
    return json.loads(text)


def read_junit(text: str) -> dict[str, Any]:
    suites = list(ElementTree.fromstring(text).iter("testsuite"))
    count = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"]
    failures = [
        {"name": f"{case.get('classname')}.{case.get('name')}", "message": (problem.get("message") or "")[:300]}
        for suite in suites
        for case in suite.iter("testcase")
        for problem in [*case.findall("failure"), *case.findall("error")]
    ]
    return {
        "passed": count["tests"] - failed - count["skipped"],
        "failed": failed,
        "skipped": count["skipped"],
        "failures": failures,
    }


def read_jest(text: str) -> dict[str, Any]:
    """The report of jest, which vitest writes too."""
    report = json.loads(text)
    failures = [
        {"name": case["fullName"].strip(), "message": "\n".join(case.get("failureMessages") or [])[:300]}
        for file in report["testResults"]
        for case in file["assertionResults"]
        if case["status"] == "failed"
    ]
    return {
        "passed": report["numPassedTests"],
        "failed": report["numFailedTests"],
        "skipped": report["numPendingTests"],
        "failures": failures,
    }


def read_mocha(text: str) -> dict[str, Any]:
    report = json.loads(text[text.index("{") :])
    failures = [{"name": case["fullTitle"], "message": case["err"].get("message", "")[:300]} for case in report["failures"]]
    stats = report["stats"]
    return {"passed": stats["passes"], "failed": stats["failures"], "skipped": stats["pending"], "failures": failures}


READERS = {
    "unittest": read_unittest,
    "pytest": read_junit,
    "jest": read_jest,
    "vitest": read_jest,
    "mocha": read_mocha,
}


def main() -> int:
    global workspace
    parser = argparse.ArgumentParser(description="The demo's MCP server.", allow_abbrev=False)
    parser.add_argument("--port", type=int, default=18080)
    parser.add_argument("--project", type=Path, default=HERE / "project", help="a folder to copy and test")
    options = parser.parse_args()
    if not options.project.is_dir():
        print(f"There is no folder {options.project}; give one with --project.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="mcp-demo-") as folder:
        workspace = Path(folder).resolve()
        shutil.copytree(
            options.project, workspace / "project", symlinks=True, ignore=shutil.ignore_patterns("__pycache__", ".git")
        )
        # The server raises SIGTERM again after its shutdown; an exception then removes the copy.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        server.run("streamable-http", host="127.0.0.1", port=options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
