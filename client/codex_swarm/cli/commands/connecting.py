"""Which services a person works with, and what is wrong when one cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import httpx
import typer

from codex_swarm import __version__, settings
from codex_swarm.cli import profiles
from codex_swarm.cli.exits import Exit, of_error
from codex_swarm.cli.profiles import Profile
from codex_swarm.cli.session import Session
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import AuthError, CodexSwarmError, InvalidArgument, TransportError

PATIENCE = 15.0
"""Seconds that the doctor waits for an answer: a function that idled needs some to begin."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The profile's name.", show_default=False)]


def list_profiles(session: Session) -> None:
    """List profiles: services, and the keys for them.

    Prints name, address, whether there is a key, and project.
    """
    known = profiles.read(settings.config_file())
    listed = [
        {
            "name": each.name,
            "url": each.url,
            "has_key": each.api_key is not None,
            "project": each.project,
            "default": each.name == known.default,
        }
        for each in known.by_name.values()
    ]
    output = session.output
    rows = (
        (
            f"{each['name']} *" if each["default"] and output.is_terminal else each["name"],
            each["url"],
            "key" if each["has_key"] else "no key",
            each["project"],
        )
        for each in listed
    )
    output.listing(listed, ["profile", "address", "", "project"], rows, empty=f"no profiles in {known.path}")


def add_profile(
    session: Session,
    name: Name,
    project: Annotated[str | None, typer.Option(help="Of runs that name none.", show_default=False)] = None,
    no_key: Annotated[bool, typer.Option("--no-key", help="The service wants none.")] = False,
    default: Annotated[bool, typer.Option("--default", help="Use it when no profile is named.")] = False,
) -> None:
    """Add a profile, or replace one: its address by --url, its key by --api-key or as it is asked for.

    The first profile becomes the default. The file is readable by you alone.
    """
    key = session.api_key
    if key is None and not no_key:
        if not session.output.is_terminal:
            raise InvalidArgument("there is nobody to ask for the key; give it as --api-key, or say --no-key")
        key = typer.prompt("API key", hide_input=True, err=True).strip()
    file = settings.config_file()
    profiles.put(file, Profile(name, settings.base_url(session.url), key, project), default=default)
    _done(session, f"{name} is in {file}", name)


def use_profile(session: Session, name: Name) -> None:
    """Use this profile when none is named."""
    profiles.use(settings.config_file(), name)
    _done(session, f"{name} is used from now on", name)


def remove_profile(session: Session, name: Name) -> None:
    """Remove a profile, and with it the key that is kept there."""
    profiles.remove(settings.config_file(), name)
    _done(session, f"{name} is removed", name)


def _done(session: Session, told: str, name: str) -> None:
    session.output.result({"profile": name}, told)


class Check(NamedTuple):
    """One thing that was looked at; `advice` is what to do about it when it is not well."""

    what: str
    ok: bool
    found: str
    advice: str = ""


def doctor(session: Session) -> None:
    """Say which service and which key are used, and what is wrong.

    Exits with 0 when everything is well, 4 when the service cannot be reached, 5 when the key is not accepted.
    """
    code = Exit.SUCCEEDED
    checks: list[Check] = []
    for check, outcome in _checks(session):
        checks.append(check)
        if not check.ok and code is Exit.SUCCEEDED:
            code = outcome
        if not session.as_json:
            _tell(session, check)
    if session.as_json:
        session.output.json({"ok": code is Exit.SUCCEEDED, "checks": [check._asdict() for check in checks]})
    raise typer.Exit(code)


def _tell(session: Session, check: Check) -> None:
    mark = ("ok    ", "green") if check.ok else ("WRONG ", "bold red")
    session.output.line(mark, f"{check.what:<10} ", check.found)
    if check.advice:
        session.output.line(f"{'':<17} ", (check.advice, "yellow"))


def _checks(session: Session) -> Iterator[tuple[Check, Exit]]:
    """Each check as it is made; those that make no sense any more are left out."""
    service = session.service
    kept = f"profile {service.profile} of {service.config}" if service.profile else f"no profile of {service.config}"
    private = profiles.is_private(service.config)
    advice = "" if private else f"others can read your keys: chmod 600 {service.config}"
    yield Check("settings", private, kept, advice), Exit.USAGE
    yield Check("service", True, f"{service.url} (by {service.url_from})"), Exit.SUCCEEDED
    told = f"{len(service.api_key)} characters (by {service.key_from})" if service.api_key else "none"
    yield Check("key", True, told), Exit.SUCCEEDED
    with session.client(timeout=PATIENCE, retries=0, call_timeout=PATIENCE) as client:
        try:
            client.health()
        except CodexSwarmError as error:
            yield Check("answer", False, str(error), _unreachable(error, service.url)), Exit.UNREACHABLE
            return
        yield Check("answer", True, "the service answers"), Exit.SUCCEEDED
        yield _version(client, service.url)
        yield _access(client)


def _unreachable(error: CodexSwarmError, url: str) -> str:
    if isinstance(error, TransportError) and settings.is_loopback(url):
        return "is a laptop cloud running? In a checkout: ./run.sh services"
    if isinstance(error, TransportError):
        return "check the address, the network and the proxy (HTTPS_PROXY); is the service deployed there?"
    return "what answers there is something else; the address ends before /projects and /runs"


def _version(client: CodexSwarmClient, url: str) -> tuple[Check, Exit]:
    try:
        with httpx.Client(trust_env=not settings.is_loopback(url), timeout=PATIENCE) as plain:
            theirs = str(plain.get(f"{client.base_url}/openapi.json").json()["info"]["version"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return Check("version", True, f"{__version__} here; the service does not say its own"), Exit.SUCCEEDED
    same = theirs.split(".")[:2] == __version__.split(".")[:2]
    advice = "" if same else "they understand each other, but some things may be missing; update the older one"
    return Check("version", True, f"{__version__} here, {theirs} there", advice), Exit.SUCCEEDED


def _access(client: CodexSwarmClient) -> tuple[Check, Exit]:
    try:
        client.page_projects(limit=1)
    except AuthError as error:
        advice = "set CODEX_SWARM_API_KEY, or `codex-swarm profiles add NAME --url URL`; the operator makes keys"
        return Check("access", False, error.detail, advice), Exit.KEY
    except CodexSwarmError as error:
        return Check("access", False, str(error), "the operator's log has more"), of_error(error)
    return Check("access", True, "projects can be listed"), Exit.SUCCEEDED
