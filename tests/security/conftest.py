"""The sandbox as a process, and a bucket for it to talk to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.handler_process import Handler, handler_process, python_of_everybody
from tests.support.job_server import JobServer, job_server


@pytest.fixture(scope="session")
def bucket() -> Iterator[JobServer]:
    """Where jobs and files come from, and results go."""
    with job_server() as server:
        yield server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A /tmp of the handler's own, which other users can reach too."""
    made = Path(tempfile.mkdtemp(prefix="sandbox-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def sandbox(folder: Path) -> Iterator[Handler]:
    """The sandbox's handler as in Lambda: a user without rights, and nothing that is not in its layers."""
    if os.getuid() == 0 and python_of_everybody() is None:
        pytest.skip("no Python that another user could run")
    with handler_process("sandbox.app", folder, stranger=True) as handler:
        yield handler
