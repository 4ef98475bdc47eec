"""What a file is served as goes by the end of its name."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from swarm.workspace.file_types import content_type, file_type

NAMES = (
    "a.md",
    "a.tar.gz",
    "A/B.PDF",
    ".json",
    "..json",
    "a.",
    "a",
    "d.md/plain",
    "d/.git",
    "é/ü.Html",
    ".",
    "a/..b.c",
)


@pytest.mark.parametrize("path", NAMES)
def test_end_of_a_name_is_what_pathlib_says_it_is(path: str) -> None:
    alone = f"x{PurePosixPath(path).suffix}"
    assert (file_type(path), content_type(path)) == (file_type(alone), content_type(alone))


def test_types_are_told_apart() -> None:
    found = [(file_type(name), content_type(name)) for name in ("a.md", "a.unknown", "a", "a.png", "a.json")]
    assert found == [
        ("markdown", "text/markdown; charset=utf-8"),
        ("text", "text/plain; charset=utf-8"),
        ("binary", "application/octet-stream"),
        ("image", "image/png"),
        ("json", "application/json; charset=utf-8"),
    ]
