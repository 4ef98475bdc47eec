"""Which service a command asks, and with which key: from options, a profile, the environment, or as usual.

An address and a key belong together. A profile's key goes to the profile's address only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codex_swarm import settings
from codex_swarm.cli import profiles
from codex_swarm.cli.profiles import Profile

USUAL_PROJECT = "default"
"""The project of runs that name none."""


@dataclass(frozen=True, slots=True)
class Service:
    """The service, and where each part of it was said."""

    url: str
    url_from: str
    api_key: str | None
    key_from: str
    project: str | None
    profile: str | None
    config: Path


def resolve(url: str | None, api_key: str | None, profile: str | None) -> Service:
    """What the options come to. Raises `InvalidArgument` for what cannot be used.

    A profile that somebody named goes before the environment, the default profile behind it.
    """
    file = settings.config_file()
    known = profiles.read(file)
    named = profile or settings.profile_name()
    if named is not None:
        chosen = known.get(named)
    elif known.default is not None and not settings.url_is_set():
        chosen = known.get(known.default)
    else:
        chosen = Profile("")
    found, url_from = _address(url, chosen, is_named=named is not None)
    key, key_from = _key(api_key, chosen, found)
    return Service(found, url_from, key, key_from, chosen.project, chosen.name or None, file)


def _address(url: str | None, profile: Profile, *, is_named: bool) -> tuple[str, str]:
    if url:
        return settings.base_url(url), "--url"
    if profile.url and (is_named or not settings.url_is_set()):
        return settings.base_url(profile.url), f"profile {profile.name}"
    if settings.url_is_set():
        return settings.base_url(None), "CODEX_SWARM_URL"
    return settings.base_url(None), "the usual address of a laptop cloud"


def _key(api_key: str | None, profile: Profile, url: str) -> tuple[str | None, str]:
    if api_key:
        return settings.api_key(api_key), "--api-key"
    if profile.api_key and profile.url and settings.base_url(profile.url) == url:
        return settings.api_key(profile.api_key), f"profile {profile.name}"
    if settings.key_is_set():
        return settings.api_key(None), "CODEX_SWARM_API_KEY"
    return None, "none"
