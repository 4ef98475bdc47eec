"""API keys: by a key with the scope `admin`, of its own tenant, or by an operator with AWS credentials, of any."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Annotated

import typer

from codex_swarm.cli import output as words
from codex_swarm.cli.commands.finding import age
from codex_swarm.cli.operator import client_of
from codex_swarm.cli.session import Session
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import InvalidArgument
from codex_swarm.models import KeyRead, KeySecret, Scope

ID = re.compile(r"(?:csk_)?([0-9a-f]{16})(?:_\S+)?|([0-9a-f]{64})")
"""An id, the beginning of a key, a whole key, or the id of a key of an earlier version."""

_PANEL = "Operators, with AWS credentials"
Stack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        envvar="CODEX_SWARM_STACK",
        help="The deployed stack; no API key is needed then.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", metavar="ID", help="Whose keys.", rich_help_panel=_PANEL, show_default=False),
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Its id, name or beginning.", show_default=False)]


def manager(session: Session, stack: str | None, tenant: str | None) -> AbstractContextManager[CodexSwarmClient]:
    """A client that may manage keys: of the tenant of a stack, or with the key of the session."""
    if stack is None:
        if tenant is not None:
            raise InvalidArgument("--tenant goes with --stack; an API key has a tenant of its own")
        return session.client()
    if tenant is None:
        raise InvalidArgument("say whose keys: --tenant ID")
    return client_of(stack, tenant)


def list_keys(session: Session, stack: Stack = None, tenant: Tenant = None) -> None:
    """List, create, rotate and revoke API keys.

    Prints id, name, scopes, projects, when it was used last, and how it stands. A key of an earlier version is
    listed once it was used.
    """
    with manager(session, stack, tenant) as client:
        found = client.list_keys()
    output = session.output
    now = datetime.now(UTC)
    rows = (
        (
            each.id[:16] if output.is_terminal else each.id,
            each.name,
            " ".join(each.scopes),
            " ".join(each.projects),
            "never" if each.last_used_at is None else words.when(each.last_used_at),
            _state(each, now),
        )
        for each in found
    )
    output.listing(found, ["key", "name", "scopes", "projects", "last used", "state"], rows, empty="no keys")


def create_key(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what uses it.", show_default=False)],
    scope: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="What it may do, several times: read, run and manage by default."),
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option("--project", metavar="PREFIX", help="Only projects whose ids begin so.", show_default=False),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="AGE", help="Such as 12h or 90d; never by default.")
    ] = None,
    stack: Stack = None,
    tenant: Tenant = None,
) -> None:
    """Create a key, and print it: it is shown this once, and stored nowhere."""
    until = None if expires is None else datetime.now(UTC) + age(expires)
    with manager(session, stack, tenant) as client:
        if scope:
            made = client.create_key(name, scopes=scope, projects=project or (), expires_at=until)
        else:
            made = client.create_key(name, projects=project or (), expires_at=until)
    _shown(session, made)


def show_key(session: Session, key: Key, stack: Stack = None, tenant: Tenant = None) -> None:
    """Show a key, without its secret."""
    with manager(session, stack, tenant) as client:
        found = client.get_key(_id_of(client, key))
    output = session.output
    if output.as_json:
        output.json(found)
        return
    for name, value in _facts(found):
        if value:
            output.line(f"{name:<10} {value}")


def rotate_key(
    session: Session,
    key: Key,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="AGE", help="How long what is good now stays so; 0m for none.")
    ] = "1d",
    stack: Stack = None,
    tenant: Tenant = None,
) -> None:
    """Give a key a new secret, and print it: it is shown this once, and stored nowhere.

    The key keeps its id, scopes and projects.
    """
    with manager(session, stack, tenant) as client:
        made = client.rotate_key(_id_of(client, key), int(age(overlap).total_seconds()))
    _shown(session, made)


def revoke_key(session: Session, key: Key, stack: Stack = None, tenant: Tenant = None) -> None:
    """Let a key open nothing any more, for good. What it opened in the last minute may stay open for one."""
    with manager(session, stack, tenant) as client:
        found = client.revoke_key(_id_of(client, key))
    session.output.result(found, f"{found.id} {found.name} is revoked")


def _shown(session: Session, made: KeySecret) -> None:
    output = session.output
    if output.as_json:
        output.json(made)
        return
    output.line(made.key)
    output.remark(f"key {made.id} of {made.name}, for {' '.join(made.scopes)}; it is shown this once")
    if made.previous_valid_until is not None:
        output.remark(f"what was good before stays so until {words.when(made.previous_valid_until)}")


def _id_of(client: CodexSwarmClient, text: str) -> str:
    """The id of the one key that is meant. Raises `InvalidArgument` where several are."""
    known = ID.fullmatch(text)
    if known is not None:
        return str(known[1] or known[2])
    meant = [each for each in client.list_keys() if each.name == text and each.revoked_at is None]
    if len(meant) > 1:
        raise InvalidArgument(
            f"several keys have this name: {', '.join(each.id for each in meant)}; say which by its id"
        )
    return meant[0].id if meant else text


def _state(key: KeyRead, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {words.when(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return f"{'good until' if now < key.expires_at else 'expired'} {words.when(key.expires_at)}"


def _facts(key: KeyRead) -> list[tuple[str, str]]:
    return [
        ("key", key.id),
        ("name", key.name),
        ("begins", key.prefix),
        ("scopes", " ".join(key.scopes)),
        ("projects", " ".join(key.projects) or "all"),
        ("created", words.when(key.created_at)),
        ("rotated", words.when(key.rotated_at)),
        ("before it", f"good until {until}" if (until := words.when(key.previous_valid_until)) else ""),
        ("last used", words.when(key.last_used_at) or "never"),
        ("state", _state(key, datetime.now(UTC))),
    ]
