"""A real Chromium. Where there is none these tests are skipped and say so; CI installs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Connection, Page, chromium, installed


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    program = installed()
    if program is None:
        pytest.skip("no Chromium on this machine (on Debian: apt-get install chromium)")
    with chromium(program, tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def page(browser: Connection, tmp_path: Path) -> Iterator[Page]:
    """A fresh tab, as a person's: with storage of its own; what it downloads is in `tmp_path`."""
    tab = Page(browser)
    tab.download_to(tmp_path)
    yield tab
    tab.close()
