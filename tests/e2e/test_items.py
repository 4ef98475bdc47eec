"""A batch on a laptop cloud: from a table to its report, by the client and by the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from codex_swarm.cli import main
from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunStatus

pytestmark = pytest.mark.proof

TABLE = 'name;file\nAda;ada\nالميزانية;budget\n"O\'Neil;\nco";co\n'


def test_a_table_becomes_runs_and_a_report(client: CodexSwarmClient, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text(TABLE, encoding="utf-8")
    template = {"name": "{{name}}", "instructions": 'Write "Dear {{name}}" to {{file}}.md'}
    batch = client.start_batch("items", template, csv=table, name="Letters")
    ended = client.wait_batch(batch.id, timeout=120, poll=0.2)
    assert (ended.status, ended.succeeded) == (RunStatus.SUCCEEDED, 3)
    assert [each.id for each in client.list_batches("items")] == [batch.id]
    rows = client.get_batch_report(batch.id).rows
    assert [row.values["name"] for row in rows] == ["Ada", "الميزانية", "O'Neil;\nco"]
    assert "الميزانية" in client.get_file_text(str(rows[1].run_id), "budget.md")
    assert {run.batch_item for run in client.list_runs("items", batch_id=batch.id)} == {1, 2, 3}
    head, *lines = csv.reader(io.StringIO(client.get_batch_table(batch.id).removeprefix("\ufeff"), newline=""))
    assert [line[head.index("status")] for line in lines] == ["succeeded"] * 3
    assert lines[0][head.index("link")] == f"{client.base_url}/ui/runs/{rows[0].run_id}"


def test_the_command_line_waits_and_tries_again(
    client: CodexSwarmClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODEX_SWARM_URL", client.base_url)
    monkeypatch.setenv("CODEX_SWARM_CONFIG", str(tmp_path / "none.toml"))
    table = tmp_path / "work.csv"
    table.write_text("do\ntouch a.md\nfail with no paper\n", encoding="utf-8")
    assert main(["batches", "start", "{{do}}", "--csv", str(table), "-p", "items-cli", "--wait"]) == 0
    assert "failed\t1" in capfd.readouterr().out
    (batch,) = client.list_batches("items-cli")
    assert client.retry_batch(batch.id).round == 1
    again = client.wait_batch(batch.id, timeout=60, poll=0.2)
    assert (again.status, again.succeeded, again.failed) == (RunStatus.FAILED, 1, 1)
