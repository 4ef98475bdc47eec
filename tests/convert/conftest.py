"""The convert function: its work on a document in this process, or all of it as it runs in the cloud."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from convert.worker import answer
from tests.support.handler_process import handler_process
from tests.support.job_server import LIMITS, Delivery, job_server

Calls = Sequence[tuple[str, Mapping[str, Any]]]
Work = Callable[[Calls, Mapping[str, bytes], Mapping[str, int]], Delivery]
"""Does calls with these files in the workspace, within limits that go over the usual ones."""


class Converter:
    """Asks the function to do calls, with these files in the workspace."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def calls(self, calls: Calls, files: Mapping[str, bytes], limits: Mapping[str, int] | None = None) -> Delivery:
        """Every call's result, and the files that came of them."""
        return self._work(calls, files, limits or {})

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
def converter(tmp_path_factory: pytest.TempPathFactory) -> Converter:
    """What the function's processes do with each document, without the function and its processes."""
    return in_this_process(tmp_path_factory.mktemp("jobs"))


def in_this_process(folder: Path) -> Converter:
    """A converter whose jobs are done here, each in a folder of its own inside of `folder`."""

    def work(calls: Calls, files: Mapping[str, bytes], limits: Mapping[str, int]) -> Delivery:
        job = Path(tempfile.mkdtemp(dir=folder))
        workspace, scratch = job / "workspace", job / "scratch"
        for path, content in files.items():
            _put(workspace / path, content)
        made: dict[str, bytes] = {}
        results = []
        within = {**LIMITS, **limits}
        for number, (tool, arguments) in enumerate(calls, 1):
            scratch.mkdir(parents=True)
            asked = {"tool": tool, "arguments": arguments, "workspace": str(workspace)}
            call = {**asked, **within, "now": datetime.now(UTC).isoformat()}
            with warnings.catch_warnings(action="ignore"):
                done = answer(call, scratch)
            for path, name in done.files.items():
                made[path] = (scratch / name).read_bytes()
                _put(workspace / path, made[path])
            said = done.output[: within["output_chars"]] if done.ok else f"error: {done.output}"
            results.append({"call_id": f"call_{number}", "ok": done.ok, "output": said, "files": sorted(done.files)})
            shutil.rmtree(scratch)
        shutil.rmtree(job)
        return Delivery(results, [], made, [])

    return Converter(work)


def _put(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converter]:
    """The handler in a process, its files and results over HTTP; one warm function for all tests, as in the cloud."""
    with job_server() as jobs, handler_process("convert.app", tmp_path_factory.mktemp("tmp")) as handler:

        def work(calls: Calls, files: Mapping[str, bytes], limits: Mapping[str, int]) -> Delivery:
            event = jobs.job(calls, files, limits=limits)
            assert handler(event) == {"job_id": event["job_id"], "calls": len(calls)}
            return jobs.delivered(event)

        yield Converter(work)
