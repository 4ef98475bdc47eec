"""A folder of Word files becomes PDFs: shared among functions, reported in order, and no harm from broken files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest
from pypdf import PdfReader

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import ProgressEvent, RunRead, RunStatus

pytestmark = pytest.mark.proof

CONVERSION = "Convert all in/*.docx to pdf"


def word(text: str) -> bytes:
    document = docx.Document()
    document.add_heading(text, 1)
    document.add_paragraph(f"This is {text}.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@dataclass
class Batch:
    """A run that converted a folder: its files by path, of which some are broken, and how it went."""

    sources: dict[str, bytes]
    broken: list[str]
    run: RunRead
    progress: list[int]

    @property
    def good(self) -> list[str]:
        return [path for path in sorted(self.sources) if path not in self.broken]


@pytest.fixture
def batch(client: CodexSwarmClient, tmp_path: Path, request: pytest.FixtureRequest) -> Batch:
    count = int(request.config.getoption("--batch-files"))
    sources = {f"in/{number:03}.docx": word(f"letter {number}") for number in range(count)}
    broken = dict(zip(["in/002.docx", "in/005.docx", "in/009.docx"], [word("x")[:-400], b"", b"no Word"], strict=True))
    sources |= broken
    for path, content in sources.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    client.put_project("batches", task_type="document_processing")
    upload = client.upload_files("batches", {path: tmp_path / path for path in sources})
    seen: list[int] = []
    started = client.start_run("batches", CONVERSION, uploads=[upload])
    run = client.wait(started.run_id, 30 + 3 * count, poll=0.1, on_progress=lambda each: seen.append(each.progress))
    return Batch(sources, sorted(broken), run, seen)


@pytest.mark.timeout(900)
def test_a_folder_is_converted_file_by_file(client: CodexSwarmClient, batch: Batch) -> None:
    run_id, count = batch.run.run_id, len(batch.sources)
    assert (batch.run.status, batch.run.errors) == (RunStatus.SUCCEEDED, [])

    made = {path.replace(".docx", ".pdf"): path for path in batch.good}
    listed = {file.path for file in client.iter_files(run_id)}
    assert made.keys() <= listed
    assert listed.isdisjoint(path.replace(".docx", ".pdf") for path in batch.broken)
    for path in [*made][:: max(1, len(made) // 5)]:
        [page] = PdfReader(io.BytesIO(client.get_file(run_id, path))).pages
        assert f"letter {int(Path(path).stem)}" in page.extract_text()

    [report] = [step for step in client.get_steps(run_id) if step.tool_name == "convert_documents"]
    first, *lines = report.content.splitlines()
    assert first == f"{count - 3} of {count} done, 3 failed."
    assert report.outcome_ok
    if not any("left out" in line for line in lines):
        assert len(lines) == count
        for line, path in zip(lines, sorted(batch.sources), strict=True):
            assert path in line
            assert line.startswith("- failed: " if path in batch.broken else "- ok: ")

    told = [event for event in client.events(run_id) if isinstance(event, ProgressEvent)]
    each = [event.message for event in told if f" of {count} " in event.message]
    assert [message.split()[0] for message in each] == [str(number) for number in range(1, count + 1)]
    assert sum("failed" in message for message in each) == 3
    percents = [event.percent for event in told]
    assert percents == sorted(percents)
    assert batch.progress == sorted(batch.progress)
    assert len({percent for percent in batch.progress if 30 < percent < 70}) > 5
