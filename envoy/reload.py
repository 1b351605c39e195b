"""Turns a policy file into the file that Envoy (with envoy-ecds.yaml) reads the plugin's configuration from.

It never judges or changes the policy: the plugin does the judging, and Envoy keeps the old policy if the new one is bad.
Usage: mcp-policy check my.json &&
    python3 envoy/reload.py --wasm /etc/envoy/mcp-policy.wasm my.json /etc/envoy/mcp-policy/plugin.json
"""
from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import Any

WASM = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"
EXTENSION = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
STRING = "type.googleapis.com/google.protobuf.StringValue"


class Problem(Exception):
    """A mistake of the user, as one sentence that names the remedy."""


def main() -> int:
    options = arguments()
    try:
        policy = read_policy(options.policy)
        if options.out.suffix != ".json":
            raise Problem(f"{options.out} must end in .json: Envoy reads the format from the name.")
        warn_of_missing(options.wasm)
        replace(options.out, json.dumps(response(policy, options), indent=2) + "\n")
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(f"Wrote {options.out}; Envoy's log and counters show whether the plugin accepted the policy.")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Renders a policy for Envoy to pick up without a restart.", allow_abbrev=False)
    parser.add_argument("policy", type=Path, metavar="POLICY")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file named in envoy-ecds.yaml; ends in .json")
    parser.add_argument("--wasm", default="/etc/envoy/mcp-policy.wasm", help="the module's path as Envoy sees it (default: %(default)s)")
    parser.add_argument("--name", default="mcp_policy", help="the filter's name in Envoy's configuration")
    parser.add_argument("--vm-id", default="mcp_policy", help="counters belong to this name: another name starts at zero")
    return parser.parse_args()


def warn_of_missing(wasm: str) -> None:
    """Envoy may run on another machine, or in a container, so a path that is missing here is not an error."""
    if not os.path.exists(wasm):
        here = f"warning: {wasm} does not exist on this machine."
        print(f"{here} Where Envoy runs, the module must be there; --wasm names another path.", file=sys.stderr)


def read_policy(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise Problem(f"The policy {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise Problem(f"The policy {path} is not UTF-8 (byte {error.start}); save it as UTF-8.") from None


def response(policy: str, options: argparse.Namespace) -> dict[str, Any]:
    """A DiscoveryResponse around the same plugin settings that envoy.yaml has inline."""
    plugin = {
        "name": options.name,
        "root_id": options.name,
        "allow_on_headers_stop_iteration": True,
        "failure_policy": "FAIL_RELOAD",
        "reload_config": {"backoff": {"base_interval": "1s"}},
        "vm_config": {
            "vm_id": options.vm_id,
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"local": {"filename": options.wasm}},
        },
        "configuration": {"@type": STRING, "value": policy},
    }
    extension = {"@type": EXTENSION, "name": options.name, "typed_config": {"@type": WASM, "config": plugin}}
    return {"version_info": hashlib.sha256(policy.encode()).hexdigest()[:16], "resources": [extension]}


def replace(path: Path, text: str) -> None:
    """Writes a temporary file beside `path` and renames it, so that Envoy never reads a partial file."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with open(handle, "w", encoding="utf-8") as file:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


if __name__ == "__main__":
    sys.exit(main())
