"""A document is converted without an agent: by the client, and by the command line from a file to a file."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from codex_swarm.cli import main
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import RunFailed
from codex_swarm.models import RunRead

pytestmark = pytest.mark.proof

NOTES = "# Notes\n\nWe met.\n\n![a map](missing.png)\n"


def test_a_document_is_converted_from_a_request_and_from_a_run(client: CodexSwarmClient) -> None:
    first = client.convert("converting", "ملاحظات.md", "notes.docx", files={"ملاحظات.md": NOTES}, title="Notes of May")
    ended = client.wait(first.id, timeout=90, poll=0.2, check=True)
    assert ended.machine_summary
    assert ended.machine_summary.primary_artifact == "notes.docx"
    assert ended.usage.model_calls == 0
    assert "missing.png" in (ended.closing_words or "")
    made = docx.Document(io.BytesIO(client.get_file(ended.id, "notes.docx")))
    assert made.core_properties.title == "Notes of May"
    second = client.convert("converting", "notes.docx", "notes.pdf", from_run_id=ended.id)
    assert client.wait(second.id, timeout=90, poll=0.2, check=True).conversion
    assert client.get_file(second.id, "notes.pdf").startswith(b"%PDF")
    # What was made goes on as any run does.
    went_on = client.send_message(second.id, "touch more.md")
    assert isinstance(went_on, RunRead)
    client.wait(went_on.id, timeout=90, poll=0.2, check=True)
    assert {"notes.pdf", "more.md"} <= {file.path for file in client.iter_files(went_on.id)}


def test_what_cannot_be_converted_says_why(client: CodexSwarmClient) -> None:
    begun = client.convert("converting", "a.md", "a.xlsx", files={"a.md": "# A\n"})
    with pytest.raises(RunFailed) as failed:
        client.wait(begun.id, timeout=90, poll=0.2, check=True)
    [error] = failed.value.run.errors
    assert (error.error_type, error.tool) == ("tool_failure", "convert_document")
    assert "xlsx" in error.message


def test_the_command_line_makes_a_file_of_a_file(
    client: CodexSwarmClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODEX_SWARM_URL", client.base_url)
    monkeypatch.setenv("CODEX_SWARM_CONFIG", str(tmp_path / "none.toml"))
    source, target = tmp_path / "list.csv", tmp_path / "out" / "list.xlsx"
    source.write_text("name,amount\nacme,3\n")
    assert main(["convert", str(source), str(target)]) == 0
    assert capfd.readouterr().out == f"{target}\n"
    assert target.read_bytes().startswith(b"PK")
