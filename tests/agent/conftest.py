"""A fresh deployment, and one that asks a scripted provider, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.provider_runs import Runs
from tests.support.stack import Stack
from tests.support.stack import stack as deployed


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed(monkeypatch) as fresh:
        yield fresh


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    with ExitStack() as opened:
        yield Runs(monkeypatch, opened)
