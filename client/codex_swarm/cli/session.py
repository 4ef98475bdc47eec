"""What every command has: the options that all share, where it prints, and the client that it asks with."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer

from codex_swarm.cli import service
from codex_swarm.cli.exits import Exit
from codex_swarm.cli.output import Output
from codex_swarm.cli.service import USUAL_PROJECT, Service
from codex_swarm.client import CodexSwarmClient
from codex_swarm.hooks import Exchange

RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.", show_default=False)]
ProjectId = Annotated[
    str | None,
    typer.Option(
        "--project-id", "-p", metavar="ID", help="The project; the profile's when left out.", show_default=False
    ),
]


@dataclass
class Session:
    """One call of the command line."""

    url: str | None = None
    api_key: str | None = None
    profile: str | None = None
    as_json: bool = False

    @cached_property
    def output(self) -> Output:
        """Where it prints."""
        return Output(as_json=self.as_json)

    @cached_property
    def service(self) -> Service:
        """Which service it asks. Raises `InvalidArgument`."""
        return service.resolve(self.url, self.api_key, self.profile)

    def project(self, given: str | None) -> str:
        """The project that was named, or the profile's, or the usual one."""
        return given or self.service.project or USUAL_PROJECT

    @contextmanager
    def client(
        self, on_exchange: Callable[[Exchange], None] | None = None, **options: Any
    ) -> Iterator[CodexSwarmClient]:
        """A client of the service, for as long as the block lasts."""
        asked = self.service
        with CodexSwarmClient(asked.url, asked.api_key, on_exchange=on_exchange, **options) as client:
            yield client


_PANEL = "Service and output"
_SHARED: dict[str, Any] = {
    "as_json": Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.", rich_help_panel=_PANEL)],
    "profile": Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="A profile of the config file.",
            rich_help_panel=_PANEL,
            show_default=False,
        ),
    ],
    "url": Annotated[
        str | None,
        typer.Option("--url", help="The service's address.", rich_help_panel=_PANEL, show_default=False),
    ],
    "api_key": Annotated[
        str | None,
        typer.Option("--api-key", help="Its key.", rich_help_panel=_PANEL, show_default=False),
    ],
}
"""The options that every command takes, before its name or behind it; the last one counts."""


def with_session(function: Callable[..., None]) -> Callable[..., None]:
    """The function as typer takes it: its first parameter, the `Session`, is made from the options that all share.

    A group that is called with a command behind it only takes the options.
    """
    signature = inspect.signature(function, eval_str=True)
    _, *own = signature.parameters.values()

    def called(context: typer.Context, **given: Any) -> None:
        session = context.obj if isinstance(context.obj, Session) else Session()
        context.obj = session
        for name in _SHARED:
            if (value := given.pop(name)) not in {None, False}:
                setattr(session, name, value)
        if context.invoked_subcommand is None:
            try:
                function(session, **given)
                sys.stdout.flush()
            except BrokenPipeError:
                # Nobody reads any more; what is left in the buffer has nowhere to go.
                with suppress(OSError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise typer.Exit(Exit.PIPE_CLOSED) from None

    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=False if name == "as_json" else None
        )
        for name, kind in _SHARED.items()
    ]
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [first, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own), *shared]
    called.__name__, called.__doc__ = function.__name__, function.__doc__
    vars(called)["__signature__"] = signature.replace(parameters=parameters)
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called
