"""The sandbox as a process, and a bucket for it to talk to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.handler_process import (
    LAMBDA,
    LAPTOP,
    Handler,
    handler_process,
    lambda_rules_can_be_had,
    python_of_everybody,
)
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


@pytest.fixture(params=[LAPTOP, LAMBDA])
def world(request: pytest.FixtureRequest) -> str:
    """An ordinary Linux, or one that refuses what Lambda refuses."""
    if os.getuid() == 0 and python_of_everybody() is None:
        pytest.skip("no Python that another user could run")
    if request.param == LAMBDA and not lambda_rules_can_be_had():
        pytest.skip("only root can set up Lambda's rules")
    return str(request.param)


@pytest.fixture
def sandbox(folder: Path, world: str) -> Iterator[Handler]:
    """The sandbox's handler: a user without rights, and nothing that is not in its layers."""
    with handler_process("sandbox.app", folder, stranger=True, world=world) as handler:
        yield handler
