"""Profiles: the services that a person works with, by name, in a file that only this person reads.

    default = "work"

    [profiles.work]
    url = "https://api.example.com"
    api_key = "..."
    project = "my-workspace"

A key goes to the address of its own profile and to no other.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from codex_swarm import settings
from codex_swarm.errors import InvalidArgument
from codex_swarm.saving import local_files

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a profile may be called: what TOML takes as a key without quotes."""

OTHERS_MAY = 0o077
"""The permissions of everybody but the owner."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A service, and what is used there when nothing else is said."""

    name: str
    url: str | None = None
    api_key: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Profiles:
    """What the file says."""

    path: Path
    default: str | None
    by_name: dict[str, Profile]

    def get(self, name: str) -> Profile:
        """The profile of this name. Raises `InvalidArgument`, which names those that there are."""
        if name not in self.by_name:
            known = ", ".join(self.by_name) or "none yet; `codex-swarm profiles add NAME` makes one"
            raise InvalidArgument(f"there is no profile {name!r:.70} in {self.path}; there are: {known}")
        return self.by_name[name]


def read(path: Path) -> Profiles:
    """The profiles of a file, none where there is no file. Raises `InvalidArgument` for what is no such file."""
    try:
        found = tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{path} is not TOML: {error}") from error
    default, listed = found.get("default"), found.get("profiles", {})
    if not isinstance(listed, dict) or not isinstance(default, str | None):
        raise InvalidArgument(f"{path}: `default` takes a name, and profiles are tables such as [profiles.work]")
    return Profiles(path, default, {name: _profile(path, name, fields) for name, fields in listed.items()})


def _text(path: Path) -> str:
    with local_files():
        return path.read_text("utf-8") if path.exists() else ""


def _profile(path: Path, name: str, fields: object) -> Profile:
    known = ("url", "api_key", "project")
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise InvalidArgument(f"{path}: [profiles.{name}] takes texts: {', '.join(known)}")
    unknown = fields.keys() - known
    if unknown:
        raise InvalidArgument(f"{path}: [profiles.{name}] has no {min(unknown)}; it has {', '.join(known)}")
    return Profile(name, **fields)


def put(path: Path, profile: Profile, *, default: bool = False) -> None:
    """Adds the profile to the file, or replaces it; the rest of the file stays as it is, comments included.

    Raises `InvalidArgument` for a name, an address or a key that cannot be used.
    """
    if not NAME.fullmatch(profile.name):
        raise InvalidArgument("a profile's name has letters, digits, - and _, at most 64 of them")
    if profile.url is not None:
        settings.base_url(profile.url)
    settings.api_key(profile.api_key)
    before = read(path)
    fields = {"url": profile.url, "api_key": profile.api_key, "project": profile.project}
    section = [f"[profiles.{profile.name}]", *(f"{key} = {_quoted(value)}" for key, value in fields.items() if value)]
    text = _without_section(_text(path), profile.name).rstrip("\n")
    text = "\n".join(filter(None, [text, ""])) + ("\n" if text else "") + "\n".join(section) + "\n"
    if default or not before.by_name:
        text = _with_default(text, profile.name)
    _replace(path, text, lambda after: after.by_name.get(profile.name) == profile)


def remove(path: Path, name: str) -> None:
    """Takes the profile out of the file. Raises `InvalidArgument` when there is none of that name."""
    before = read(path)
    before.get(name)
    text = _without_section(_text(path), name)
    if before.default == name:
        text = re.sub(r"(?m)^default\s*=.*\n?", "", text, count=1)
    _replace(path, text, lambda after: name not in after.by_name)


def use(path: Path, name: str) -> None:
    """Makes the profile the one that is used when none is named. Raises `InvalidArgument` when there is none."""
    read(path).get(name)
    _replace(path, _with_default(_text(path), name), lambda after: after.default == name)


def is_private(path: Path) -> bool:
    """Whether nobody but its owner may read the file, as far as the system tells."""
    return os.name == "nt" or not path.exists() or not path.stat().st_mode & OTHERS_MAY


def _quoted(value: str) -> str:
    # What JSON writes is what TOML calls a basic string.
    return json.dumps(value, ensure_ascii=False)


def _without_section(text: str, name: str) -> str:
    header = re.compile(rf"\[\s*profiles\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]\s*(#.*)?")
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            inside = header.fullmatch(line.strip()) is not None
        if not inside:
            kept.append(line)
    return "".join(kept)


def _with_default(text: str, name: str) -> str:
    line = f"default = {_quoted(name)}\n"
    head, bracket, tables = text.partition("[")
    if re.search(r"(?m)^default\s*=", head):
        head = re.sub(r"(?m)^default\s*=.*\n?", line, head, count=1)
    else:
        head = f"{line}\n{head}".rstrip("\n") + "\n\n" if bracket else line
    return head + bracket + tables


def _replace(path: Path, text: str, is_right: Callable[[Profiles], bool]) -> None:
    """Writes the file whole or not at all, readable by its owner alone, and only if it says what it should."""
    with local_files():
        # A link stays one: people keep such files in a repository of theirs.
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            try:
                done = is_right(read(draft))
            except InvalidArgument:
                done = False
            if not done:
                raise InvalidArgument(f"{path} is written in a way that this command cannot change; edit it by hand")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
