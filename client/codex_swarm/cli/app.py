"""The commands by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from codex_swarm import __version__
from codex_swarm.cli.commands import (
    batching,
    connecting,
    converting,
    costs,
    finding,
    keys,
    managing,
    moving,
    outputs,
    scheduling,
    serving,
    skills,
    starting,
    tenants,
)
from codex_swarm.cli.session import Session, with_session

STARTING, LOOKING, KEEPING = "Start and stop", "Look at runs and what came out", "Keep in order"

app = typer.Typer(
    name="codex-swarm",
    help="Agent tasks in isolated workspaces: start a run, watch it, get what came out.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    STARTING: {
        "run": starting.run,
        "convert": converting.convert,
        "message": starting.message,
        "withdraw": starting.withdraw,
        "decide": starting.decide,
        "resume": starting.resume,
        "cancel": starting.cancel,
        "templates": starting.templates,
        "offline": starting.offline,
    },
    LOOKING: {
        "watch": finding.watch,
        "runs": finding.runs,
        "show": finding.show,
        "events": finding.events,
        "files": outputs.files,
        "get": outputs.get,
        "search": outputs.search,
        "diff": outputs.diff,
        "artifacts": outputs.artifacts,
        "archive": outputs.archive,
        "models": finding.models,
        "ui": managing.ui,
    },
    KEEPING: {
        "stats": managing.stats,
        "usage": costs.usage,
        "cleanup": managing.cleanup,
        "doctor": connecting.doctor,
        "mcp": serving.mcp,
        "migrate": moving.migrate,
    },
}

_GROUPS: dict[str, tuple[str, Callable[..., None], dict[str, Callable[..., None]]]] = {
    "projects": (
        LOOKING,
        finding.projects,
        {"show": finding.show_project, "set": finding.put_project, "delete": finding.delete_project},
    ),
    "batches": (
        STARTING,
        batching.list_batches,
        {
            "start": batching.start_batch,
            "show": batching.show_batch,
            "report": batching.batch_report,
            "cancel": batching.cancel_batch,
            "retry": batching.retry_batch,
            "delete": batching.delete_batch,
        },
    ),
    "schedules": (
        STARTING,
        scheduling.schedules,
        {
            "show": scheduling.show_schedule,
            "put": scheduling.put_schedule,
            "pause": scheduling.pause_schedule,
            "resume": scheduling.resume_schedule,
            "delete": scheduling.delete_schedule,
        },
    ),
    "patterns": (LOOKING, finding.patterns, {"show": finding.show_pattern, "delete": finding.delete_pattern}),
    "skills": (
        KEEPING,
        skills.skills,
        {"show": skills.show_skill, "set": skills.set_skill, "delete": skills.delete_skill},
    ),
    "webhooks": (
        KEEPING,
        managing.webhooks,
        {
            "secret": managing.webhook_secret,
            "rotate": managing.rotate_webhook_secret,
            "ping": managing.ping_webhook,
            "redeliver": managing.redeliver_webhook,
        },
    ),
    "budget": (KEEPING, costs.budget, {"show": costs.budget, "set": costs.set_budget}),
    "keys": (
        KEEPING,
        keys.list_keys,
        {
            "list": keys.list_keys,
            "create": keys.create_key,
            "show": keys.show_key,
            "rotate": keys.rotate_key,
            "revoke": keys.revoke_key,
        },
    ),
    "tenants": (
        KEEPING,
        tenants.list_tenants,
        {
            "list": tenants.list_tenants,
            "show": tenants.show_tenant,
            "set": tenants.set_tenant,
            "export": tenants.export_tenant,
            "erase": tenants.erase_tenant,
        },
    ),
    "profiles": (
        KEEPING,
        connecting.list_profiles,
        {
            "add": connecting.add_profile,
            "use": connecting.use_profile,
            "remove": connecting.remove_profile,
        },
    ),
}
"""Groups list their things when nothing stands behind their name."""

for panel, commands in _COMMANDS.items():
    for name, function in commands.items():
        app.command(name, rich_help_panel=panel)(with_session(function))
for name, (panel, listing, behind) in _GROUPS.items():
    group = typer.Typer()
    group.callback(invoke_without_command=True)(with_session(listing))
    for command, function in behind.items():
        group.command(command)(with_session(function))
    app.add_typer(group, name=name, rich_help_panel=panel)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
@with_session
def root(
    session: Session,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Agent tasks in isolated workspaces: start a run, watch it, get what came out."""
