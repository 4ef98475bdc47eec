"""A bucket that plays S3, and the sandbox as a process that has everything a developer has installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.handler_process import Handler, handler_process
from tests.support.job_server import JobServer, job_server


@pytest.fixture
def bucket() -> Iterator[JobServer]:
    """Where jobs and files come from, and results go."""
    with job_server() as server:
        yield server


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handler]:
    """The real handler, warm from one test to the next; each test has runs of its own."""
    with handler_process("sandbox.app", tmp_path_factory.mktemp("tmp")) as handler:
        yield handler
