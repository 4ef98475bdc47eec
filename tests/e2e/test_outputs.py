"""What a run leaves behind, on the laptop cloud: patches that apply, archives of any size, previews of documents."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import httpx
import pytest

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, TaskType

pytestmark = pytest.mark.proof

MANY = 1_100
"""More files than are packed while somebody waits."""


@pytest.fixture
def documents(client: CodexSwarmClient) -> RunRead:
    """A run with a markdown file, the same as Word and as PDF, and a table."""
    run = client.start_run(
        "outputs",
        "Create a file called a.md with a greeting. Create a file called t.csv with three rows. "
        "convert a.md to a.docx. convert a.md to a.pdf",
        TaskType.DOCUMENT_PROCESSING,
    )
    return client.wait(run.run_id, timeout=90, poll=0.2, check=True)


def test_documents_are_seen_without_their_programs(client: CodexSwarmClient, documents: RunRead) -> None:
    shown = {path: client.get_preview(documents.run_id, path) for path in ("a.md", "a.docx", "t.csv", "a.pdf")}
    for path in ("a.md", "a.docx"):
        assert shown[path].media_type.startswith("text/html")
        assert b"<h1" in shown[path].content
    assert b"<table>" in shown["t.csv"].content
    assert shown["a.pdf"].media_type == "image/png"
    assert shown["a.pdf"].content.startswith(b"\x89PNG")


def test_the_archive_holds_what_the_workspace_holds(
    client: CodexSwarmClient, documents: RunRead, tmp_path: Path
) -> None:
    with zipfile.ZipFile(client.download_archive(documents.run_id, tmp_path)) as archive:
        assert archive.namelist() == [file.path for file in client.list_files(documents.run_id).files]
        for name in archive.namelist():
            assert archive.read(name) == client.get_file(documents.run_id, name)


def test_a_large_workspace_is_packed_while_the_caller_asks_again(client: CodexSwarmClient, tmp_path: Path) -> None:
    run = client.start_run("outputs", f"run `for n in $(seq {MANY}); do echo $n > f$n.txt; done`")
    run = client.wait(run.run_id, timeout=120, poll=0.5, check=True)
    first = httpx.get(f"{client.base_url}/runs/{run.run_id}/workspace/archive", timeout=60)
    assert (first.status_code, first.json()["status"]) == (202, "building")
    with zipfile.ZipFile(client.download_archive(run.run_id, tmp_path)) as archive:
        assert len(archive.namelist()) == MANY


def test_a_patch_applies_to_what_the_run_began_with(client: CodexSwarmClient, tmp_path: Path) -> None:
    first = client.start_run("outputs", "Create a file called a.md with a greeting. Create a file called b.md with x")
    client.wait(first.run_id, timeout=60, poll=0.2, check=True)
    second = client.start_run("outputs", "run `echo more >> a.md; rm b.md; echo new > c.txt`", from_run_id=first.run_id)
    client.wait(second.run_id, timeout=90, poll=0.2, check=True)
    for file in client.list_files(second.run_id, turn=0).files:
        (tmp_path / file.path).write_bytes(client.get_file(second.run_id, file.path, turn=0))
    patch = client.get_patch(second.run_id)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert made == {file.path: client.get_file(second.run_id, file.path) for file in client.iter_files(second.run_id)}


def test_a_script_stays_executable_from_turn_to_turn_and_from_run_to_run(
    client: CodexSwarmClient, tmp_path: Path
) -> None:
    making = (
        "run `printf '#!/bin/sh\\necho made\\n' > tool.sh && chmod +x tool.sh`. touch a.md. run `./tool.sh > one.txt`"
    )
    first = client.start_run("outputs", making)
    client.wait(first.run_id, timeout=90, poll=0.2, check=True)
    second = client.start_run("outputs", "run `./tool.sh > two.txt`", from_run_id=first.run_id)
    client.wait(second.run_id, timeout=90, poll=0.2, check=True)
    assert client.get_file(first.run_id, "one.txt") == client.get_file(second.run_id, "two.txt") == b"made\n"
    assert "+++ b/tool.sh\n" in client.get_patch(first.run_id)
    assert "diff --git a/tool.sh b/tool.sh\nnew file mode 100755\n" in client.get_patch(first.run_id)
    with zipfile.ZipFile(client.download_archive(second.run_id, tmp_path)) as archive:
        modes = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
    assert modes["tool.sh"] == 0o100755
    assert modes["two.txt"] == 0o100644


def test_an_upload_is_stored_once_and_as_promised(client: CodexSwarmClient) -> None:
    client.put_project("outputs")
    body = {"files": [{"path": "once.md", "size": 5}]}
    opened = httpx.post(f"{client.base_url}/projects/outputs/uploads", json=body, timeout=60).json()
    [target] = opened["files"]
    first, second = (httpx.put(target["url"], headers=target["headers"], content=each) for each in (b"first", b"again"))
    assert (first.status_code, second.status_code) == (200, 412)
    unconditional = {name: value for name, value in target["headers"].items() if name != "if-none-match"}
    assert httpx.put(target["url"], headers=unconditional, content=b"again").status_code == 403
    run = client.start_run("outputs", "touch a.md", uploads=[opened["upload_id"]])
    client.wait(run.run_id, timeout=90, poll=0.2, check=True)
    assert client.get_file(run.run_id, "once.md") == b"first"
