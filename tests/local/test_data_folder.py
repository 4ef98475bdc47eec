"""The folder of a laptop cloud's data: its own, one server's at a time, and whole; or it is refused and left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.persistence.folder import FORMAT_FILE, DataFolder, UnusableFolder
from infra.local.persistence.store import ItemRow, NotKept, Store


def test_two_servers_on_one_folder_are_refused(tmp_path: Path) -> None:
    held = DataFolder(tmp_path)
    with pytest.raises(UnusableFolder, match="another server"):
        DataFolder(tmp_path)
    held.close()
    DataFolder(tmp_path).close()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param(FORMAT_FILE, b"codex-swarm laptop cloud, format 2\n", id="newer"),
        pytest.param(FORMAT_FILE, b"\xff\0", id="damaged"),
        pytest.param("thesis.docx", b"PK", id="somebody-elses"),
    ],
)
def test_folder_that_is_not_its_own_is_refused_and_left_alone(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableFolder, match="left alone"):
        DataFolder(tmp_path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(name, content)]


def test_damaged_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    damaged = tmp_path / "state.sqlite"
    damaged.write_bytes(b"SQLite format 3\0" + b"nonsense" * 1000)
    before = damaged.read_bytes()
    with pytest.raises(UnusableFolder, match="damaged"):
        Store(damaged)
    assert damaged.read_bytes() == before


def test_database_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    store = Store(path)
    store.put_items([ItemRow("Table", str(number), "b", "x" * 2000) for number in range(200)], [])
    store.close()
    content = bytearray(path.read_bytes())
    content[40_000:60_000] = b"\xff" * 20_000
    path.write_bytes(content)
    with pytest.raises(UnusableFolder, match="damaged"):
        Store(path)
    assert path.read_bytes() == content


def test_start_that_was_killed_before_its_folder_was_ready_can_be_repeated(tmp_path: Path) -> None:
    for name in ("lock", "format.part", "development-key.part"):
        (tmp_path / name).write_text("codex")
        DataFolder(tmp_path).close()
    folder = DataFolder(tmp_path)
    assert len(folder.development_key()) >= 32
    folder.close()


def test_closed_store_acknowledges_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    store.close()
    with pytest.raises(NotKept):
        store.put_items([ItemRow("Table", "a", "b", "{}")], [])
