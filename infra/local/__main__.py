"""`python -m infra.local services`: the laptop cloud until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.configuration import Configuration, configure
from infra.local.front.server import PortTaken
from infra.local.persistence.folder import UnusableFolder
from infra.local.supported import UnsupportedTemplate
from swarm.errors import NotConfigured

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

IGNORED = "ignored.txt"
"""Beside the logs: what of the template does nothing here, a line each."""


def main(arguments: list[str] | None = None) -> int:
    """The process's exit code."""
    options = _parser().parse_args(arguments)
    stopping = _stop_on_signals()
    try:
        configuration = configure()
        _forget_aws_settings()
        cloud = _cloud(options, configuration)
        return _serve(cloud, configuration, stopping)
    except (NotConfigured, PortTaken, UnsupportedTemplate, UnusableFolder) as problem:
        print(problem, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="services")
    services = commands.add_parser("services", help="run until SIGTERM or Ctrl-C")
    services.add_argument("--port", type=_port, default=5050, help="where to listen; 0 is any free port (default 5050)")
    services.add_argument("--require-key", action="store_true", help="refuse requests without an API key; prints one")
    services.add_argument(
        "--concurrency",
        type=_concurrency,
        help="executions at a time, as an AWS account has them (a new one 10), and 2.5 times as many environments of "
        "tenants; no limit by default",
    )
    kept = services.add_mutually_exclusive_group()
    kept.add_argument("--data", type=Path, help="folder in which everything is kept (default .local/data)")
    kept.add_argument("--ephemeral", action="store_true", help="keep nothing")
    services.add_argument("--logs", type=Path, help="folder for the functions' logs (default .local/logs)")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if port not in range(2**16):
        raise ValueError(text)
    return port


def _concurrency(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _stop_on_signals() -> threading.Event:
    """Set by the first signal, also while starting; nothing is cut short, so nothing is left behind."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _forget_aws_settings() -> None:
    """The developer's own account is none of this process's business; moto reads its settings while it is imported."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


def _cloud(options: argparse.Namespace, configuration: Configuration) -> LocalCloud:
    # Slow to import, and not needed to say that a setting is missing.
    from infra.local.cloud import LocalCloud  # noqa: PLC0415
    from infra.local.lambdas.account import Account  # noqa: PLC0415

    cloud = LocalCloud(
        port=options.port,
        offline=configuration.offline,
        api_key=configuration.api_key,
        provider_keys=configuration.provider_keys,
        tool_tokens=configuration.tool_tokens,
        otlp_headers=configuration.otlp_headers,
        parameters=configuration.parameters,
        function_environment={"AgentFunction": configuration.agent_variables},
        require_key=options.require_key,
        account=Account(options.concurrency),
    )
    if not options.ephemeral:
        cloud.data = options.data or cloud.log_folder.parent / "data"
    if options.logs:
        cloud.log_folder = options.logs
    return cloud


def _serve(cloud: LocalCloud, configuration: Configuration, stopping: threading.Event) -> int:
    with cloud:
        if cloud.ignored:
            told = cloud.log_folder / IGNORED
            told.write_text("".join(f"{each}\n" for each in cloud.ignored))
            print(f"ignored: {len(cloud.ignored)} things of the template; {told} says which, and why", file=sys.stderr)
        if configuration.offline:
            print("offline: the deterministic model answers, no provider is called", file=sys.stderr)
        if cloud.require_key:
            print(f"key {cloud.development_key}", file=sys.stderr)
        print(f"console {cloud.url}/ui", file=sys.stderr)
        # All that there is by now stays; the collector need not look at it again.
        gc.freeze()
        if not stopping.is_set():
            print(f"ready {cloud.url}", flush=True)
        stopping.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
