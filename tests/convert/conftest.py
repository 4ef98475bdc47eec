"""The convert function as it runs in the cloud: its handler in a process, its files and results over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.support.handler_process import Handler, handler_process
from tests.support.job_server import Delivery, JobServer, job_server


class Converter:
    """Asks the function to do calls, with these files in the workspace."""

    def __init__(self, handler: Handler, jobs: JobServer) -> None:
        self._handler, self._jobs = handler, jobs

    def calls(
        self,
        calls: Sequence[tuple[str, Mapping[str, Any]]],
        files: Mapping[str, bytes],
        limits: Mapping[str, int] | None = None,
    ) -> Delivery:
        """Every call's result, and the files that came of them."""
        event = self._jobs.job(calls, files, limits=limits)
        assert self._handler(event) == {"job_id": event["job_id"], "calls": len(calls)}
        return self._jobs.delivered(event)

    def convert(self, files: Mapping[str, bytes], source: str, target: str, **options: Any) -> Delivery:
        """One conversion, which has to succeed."""
        done = self.calls([("convert_document", {"source": source, "target": target, **options})], files)
        assert done.result()["ok"], done.output
        return done

    def refused(self, files: Mapping[str, bytes], source: str, target: str, **options: Any) -> str:
        """What is said of one conversion that must not succeed, nor leave a file."""
        done = self.calls([("convert_document", {"source": source, "target": target, **options})], files)
        assert not done.result()["ok"], done.output
        assert done.files == {}
        return done.output

    def read(self, files: Mapping[str, bytes], path: str, **options: Any) -> str:
        """The text that one reading gives."""
        done = self.calls([("read_document", {"path": path, **options})], files)
        assert done.result()["ok"], done.output
        return done.output


@pytest.fixture(scope="session")
def converter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converter]:
    """One warm function for all tests, as the cloud keeps it."""
    with job_server() as jobs, handler_process("convert.app", tmp_path_factory.mktemp("tmp")) as handler:
        yield Converter(handler, jobs)
