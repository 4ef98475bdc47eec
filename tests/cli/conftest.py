"""The command line in this process, asking a scripted service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codex_swarm.cli import main
from tests.client.fake_api import FakeApi, serving


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


Cli = Callable[..., Done]


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A config file of the test's own, not there yet, and a folder to work in."""
    for name in ("CODEX_SWARM_URL", "CODEX_SWARM_API_KEY", "CODEX_SWARM_PROFILE", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "home" / "codex-swarm.toml"
    monkeypatch.setenv("CODEX_SWARM_CONFIG", str(file))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return file


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as api:
        yield api


@pytest.fixture
def cli(capfdbinary: pytest.CaptureFixture[bytes]) -> Cli:
    """A command from its words to its exit code, piped."""

    def call(*words: Any) -> Done:
        code = main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    return call


@pytest.fixture
def here(cli: Cli, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The same, with the scripted service as the one that the environment names."""
    monkeypatch.setenv("CODEX_SWARM_URL", api.url)
    return cli
