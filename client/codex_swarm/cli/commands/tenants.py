"""Tenants, for operators with AWS credentials: what they may have, export, erasure."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import httpx
import typer
from pydantic import JsonValue

from codex_swarm.cli import output as words
from codex_swarm.cli.commands.finding import confirmed
from codex_swarm.cli.commands.keys import Stack
from codex_swarm.cli.operator import client_of
from codex_swarm.cli.session import Session
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import InvalidArgument, TransportError, local
from codex_swarm.models import ErasureRead, StoreReceipt, TenantPatch, TenantRead

TenantId = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id.", show_default=False)]
AGAIN_SECONDS = 20.0
"""Between two calls of an erasure that waits for what was at work to stop."""

OPERATORS = "operators"
"""For whom requests are counted that are of no tenant."""


def operating(session: Session, stack: str | None) -> AbstractContextManager[CodexSwarmClient]:
    """A client of the stack's functions; without a stack that of the session, which a laptop's own key lets in."""
    return session.client() if stack is None else client_of(stack, OPERATORS)


def list_tenants(session: Session, stack: Stack = None) -> None:
    """List tenants, and show, set, export and erase one. For operators."""
    with operating(session, stack) as client:
        found = client.list_tenants()
    rows = (
        (each.id, each.active_runs, each.queued_runs, words.size(each.stored_bytes), " ".join(each.own), _state(each))
        for each in found
    )
    session.output.listing(
        found, ["tenant", "runs", "waiting", "stored", "own settings", "state"], rows, empty="no tenants"
    )


def show_tenant(session: Session, tenant: TenantId, stack: Stack = None) -> None:
    """Show what a tenant may have, and what it has."""
    with operating(session, stack) as client:
        found = client.get_tenant(tenant)
    _shown(session, found)


def set_tenant(
    session: Session,
    tenant: TenantId,
    settings: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=VALUE...",
            help="Such as max_active=25 models=large,fast hold='case 7'; NAME=default for the deployment's.",
            show_default=False,
        ),
    ],
    stack: Stack = None,
) -> None:
    """Set quotas, limits, retention, models, budgets, own provider keys or a legal hold.

    The names are those that `tenants show` lists.
    """
    with operating(session, stack) as client:
        found = client.set_tenant(tenant, dict(map(_setting, settings)))
    _shown(session, found)


def export_tenant(
    session: Session,
    tenant: TenantId,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="TENANT.zip by default.")] = None,
    project_id: Annotated[
        str | None, typer.Option("--project-id", "-p", metavar="ID", help="This project alone.", show_default=False)
    ] = None,
    stack: Stack = None,
) -> None:
    """Save everything that is kept of a tenant, or of a project, as one zip file.

    records.jsonl has a line for each record; objects/ has the files as they are stored.
    """
    target = to or Path(f"{tenant}.zip")
    part = target.with_name(f"{target.name}.part")
    records = objects = 0
    try:
        with (
            operating(session, stack) as client,
            httpx.Client(timeout=60) as storage,
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            lines: list[str] = []
            cursor: str | None = None
            while True:
                page = client.export_tenant(tenant, project_id=project_id, cursor=cursor)
                lines += [json.dumps(record, ensure_ascii=False) for record in page.records]
                for each in page.objects:
                    with archive.open(f"objects/{each.key}", "w", force_zip64=True) as file:
                        for chunk in _content(storage, each.url):
                            file.write(chunk)
                    objects += 1
                cursor = page.next_cursor
                if cursor is None:
                    break
            records = len(lines)
            archive.writestr("records.jsonl", "".join(f"{line}\n" for line in lines))
        part.replace(target)
    except OSError as error:
        raise local(error) from error
    finally:
        part.unlink(missing_ok=True)
    session.output.result(
        {"file": str(target), "records": records, "objects": objects}, f"{target}: {records} records, {objects} objects"
    )


def erase_tenant(
    session: Session,
    tenant: TenantId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option(help="Go on until nothing is left.")] = True,
    stack: Stack = None,
) -> None:
    """Erase a tenant from every store, for good, and print a receipt. Usage rows stay, without names."""
    confirmed(session, f"Erase everything of {tenant}, for good?", yes=yes)
    deleted: dict[str, int] = {}
    with operating(session, stack) as client:
        while True:
            found = client.erase_tenant(tenant)
            for store in found.stores:
                deleted[store.store] = deleted.get(store.store, 0) + store.deleted
            if found.done or not wait:
                break
            session.output.remark(f"{sum(deleted.values())} deleted so far; looking again in {AGAIN_SECONDS:.0f} s")
            time.sleep(AGAIN_SECONDS)
    stores = [each.model_copy(update={"deleted": deleted[each.store]}) for each in found.stores]
    _receipt(session, found.model_copy(update={"stores": stores}))


def _receipt(session: Session, found: ErasureRead) -> None:
    output = session.output
    if output.as_json:
        output.json(found)
        return
    rows = [(each.store, f"{each.deleted:,}", f"{each.kept:,}", _left(each)) for each in found.stores]
    output.table(["store", "deleted", "kept", "note"], rows)
    state = "nothing is left" if found.done else "not done yet: run this again"
    output.remark(f"{found.tenant_id}, {words.when(found.at)}: {state}")


def _left(store: StoreReceipt) -> str:
    by = f"gone by {words.when(store.gone_by)}; " if store.gone_by else ""
    return f"{by}{store.note}"


def _content(storage: httpx.Client, url: str) -> Iterator[bytes]:
    try:
        with storage.stream("GET", url) as answer:
            answer.raise_for_status()
            yield from answer.iter_bytes()
    except httpx.HTTPError as error:
        # Not `from error`: it quotes the address, which opens the object for a while.
        raise TransportError(f"an object could not be fetched: {type(error).__name__}") from None


def _shown(session: Session, found: TenantRead) -> None:
    output = session.output
    if output.as_json:
        output.json(found)
        return
    for name, value in found.model_dump(mode="json").items():
        if name == "hosted_tools" and value == []:
            # Left out it would be taken for all.
            output.line(f"{name:<24} none")
        elif value not in (None, [], {}):
            text = json.dumps(value) if isinstance(value, dict) else value
            output.line(f"{name:<24} {' '.join(value) if isinstance(value, list) else text}")


def _state(tenant: TenantRead) -> str:
    if tenant.erasing_since is not None:
        return "being erased"
    return "on hold" if tenant.hold is not None else ""


def _setting(text: str) -> tuple[str, JsonValue]:
    """A setting, written `NAME=VALUE`. Raises `InvalidArgument`."""
    name, equals, value = text.partition("=")
    if not equals or name not in TenantPatch.model_fields:
        raise InvalidArgument(f"{name!r:.60} is no setting; there are {', '.join(TenantPatch.model_fields)}")
    if value == "default":
        return name, None
    if name in ("models", "own_keys", "hosted_tools"):
        return name, [each for each in value.split(",") if each]
    if name == "hold":
        return name, value
    try:
        parsed: JsonValue = json.loads(value)
    except ValueError:
        raise InvalidArgument(f"{name} takes a number, not {value!r:.60}") from None
    return name, parsed
