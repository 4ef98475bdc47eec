"""A folder becomes a skill by one call: texts in the request itself, everything else by an upload."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codex_swarm.calls.skills import MAX_BYTES
from codex_swarm.client import CodexSwarmClient
from codex_swarm.errors import InvalidArgument, LocalFileError
from tests.client.fake_api import Answer, FakeApi, told

SKILL = {
    "name": "letters",
    "description": "Use for letters.",
    "version": "a" * 64,
    "scope": "project",
    "bytes": 5,
    "changed_at": "2026-01-13T10:00:00Z",
}
MAIN = "---\nname: letters\ndescription: Use for letters.\n---\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts/__pycache__").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for path, text in {
        "SKILL.md": MAIN,
        "scripts/a.py": "print()\n",
        "scripts/__pycache__/a.pyc": "",
        ".git/config": "",
        ".DS_Store": "",
    }.items():
        (tmp_path / path).write_text(text)
    return tmp_path


def body_of(api: FakeApi) -> Any:
    return json.loads(api.received[-1].body)


def test_a_folder_of_texts_is_one_request(client: CodexSwarmClient, api: FakeApi, folder: Path) -> None:
    api.on("PUT", "/projects/demo/skills/letters", told(SKILL))
    assert client.put_skill("letters", folder, project_id="demo").description == "Use for letters."
    files = [{"path": "SKILL.md", "content": MAIN}, {"path": "scripts/a.py", "content": "print()\n"}]
    assert body_of(api) == {"files": files, "uploads": []}


def test_what_is_no_text_is_uploaded_first(client: CodexSwarmClient, api: FakeApi, folder: Path) -> None:
    (folder / "logo.png").write_bytes(b"\x89PNG")
    paths = ["SKILL.md", "logo.png", "scripts/a.py"]
    targets = [
        {"path": path, "url": f"{api.url}/put/{path}", "headers": {}, "expires_at": "2030-01-01T00:00:00Z"}
        for path in paths
    ]
    api.on("POST", "/projects/demo/uploads", told({"upload_id": "up-1", "files": targets}, 201))
    for path in paths:
        api.on("PUT", f"/put/{path}", Answer(200))
    api.on("PUT", "/skills/letters", told({**SKILL, "scope": "tenant"}))
    assert client.put_skill("letters", folder, upload_to="demo").scope == "tenant"
    assert body_of(api) == {"files": [], "uploads": ["up-1"], "project_id": "demo"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"SKILL.md": MAIN.encode(), "logo.png": b"\x89PNG"}, "upload_to", id="a picture, and no project"),
        pytest.param({"SKILL.md": b" " * (MAX_BYTES + 1)}, "at most", id="too much"),
        pytest.param({}, "no file", id="nothing"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    client: CodexSwarmClient, api: FakeApi, files: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidArgument, match=words):
        client.put_skill("letters", files)
    assert api.received == []


def test_a_folder_that_is_not_there_or_empty_is_said(client: CodexSwarmClient, tmp_path: Path) -> None:
    with pytest.raises(LocalFileError):
        client.put_skill("letters", tmp_path / "missing")
    with pytest.raises(InvalidArgument, match="has no files"):
        client.put_skill("letters", tmp_path)
