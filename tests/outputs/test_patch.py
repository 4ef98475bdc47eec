"""A patch says what changed, as `git apply` reads it, and stays within its bounds."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.outputs import diff as bounds
from swarm.outputs.hunks import compare, split
from tests.outputs.trees import Tree, applied, difference

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

TREES = {
    "added": ({}, {"a.md": b"one\ntwo\n"}),
    "deleted": ({"a.md": b"one\ntwo\n"}, {}),
    "changed in the middle": (
        {"a.md": b"".join(b"%d\n" % n for n in range(50))},
        {"a.md": b"".join(b"%d\n" % (n if n % 20 else -n) for n in range(50))},
    ),
    "an empty file added": ({}, {"empty.txt": b""}),
    "an empty file filled": ({"a": b""}, {"a": b"x\n"}),
    "a file emptied": ({"a": b"x\n"}, {"a": b""}),
    "no newline at the end": ({"a": b"one\ntwo"}, {"a": b"one\nthree"}),
    "a newline added": ({"a": b"one"}, {"a": b"one\n"}),
    "odd line ends": ({"a": b"one\r\ntwo\x0b\x0c\r\n"}, {"a": b"one\r\ntwo\x0b\r\xe2\x80\xa8\n"}),
    "names": (
        {"with space/\u00fc \u2603.md": b"1\n", 'quo"ted': b"1\n", "-x": b"1\n"},
        {"with space/\u00fc \u2603.md": b"2\n", 'quo"ted': b"2\n", "-x": b"2\n", "new one": b"1\n"},
    ),
    "lines that look like a patch": ({"a": b"--- a/x\n+++ b/x\n"}, {"a": b"--- a/x\n@@ -1 +1 @@\n"}),
}


@needs_git
@pytest.mark.parametrize(("old", "new"), TREES.values(), ids=TREES)
def test_git_makes_the_new_files_of_the_old_ones(old: Tree, new: Tree, tmp_path: Path) -> None:
    assert applied(tmp_path, old, difference(old, new).patch) == new


@needs_git
def test_git_takes_the_execute_bit_from_the_patch(tmp_path: Path) -> None:
    old = {"tool.sh": b"one\n", "same.sh": b"same\n", "data.bin": b"\0"}
    new = {**old, "tool.sh": b"two\n", "new.sh": b"new\n"}
    executable = ["tool.sh", "same.sh", "data.bin", "new.sh"]
    assert applied(tmp_path, old, difference(old, new, executable).patch) == new
    assert [name for name in sorted(new) if (tmp_path / name).stat().st_mode & 0o100] == sorted(executable)


def test_three_lines_around_a_change_are_shown_as_git_shows_them() -> None:
    old, new = ({"a.md": b"".join(b"%d\n" % (n or changed) for n in range(-9, 10))} for changed in (0, 100))
    patch = difference(old, new).patch.decode()
    assert patch.endswith("@@ -7,7 +7,7 @@\n -3\n -2\n -1\n-0\n+100\n 1\n 2\n 3\n")


@needs_git
def test_what_is_no_text_is_named_and_the_rest_still_applies(tmp_path: Path) -> None:
    old = {"a.md": b"1\n", "picture.png": b"\x89PNG\0old", "big.txt": b"x" * (bounds.MAX_FILE_BYTES + 1)}
    new = {"a.md": b"2\n", "picture.png": b"\x89PNG\0newer", "big.txt": b"y" * (bounds.MAX_FILE_BYTES + 2)}
    made = difference(old, new)
    assert "Binary files a/picture.png and b/picture.png differ\n" in made.patch.decode()
    assert "Files a/big.txt and b/big.txt are too large to compare (524289 -> 524290 bytes)\n" in made.patch.decode()
    assert "picture.png | Bin 8 -> 10 bytes" in made.summary.stat
    assert made.summary.shortstat == "3 files changed, 1 insertion(+), 1 deletion(-)"
    assert applied(tmp_path, old, made.patch) == {**old, "a.md": b"2\n"}


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"a\0b", b"\x89PNG\r\n\x1a\n\0"], ids=["not UTF-8", "a NUL", "a picture"]
)
def test_a_file_is_binary_by_its_bytes_whatever_its_name(data: bytes) -> None:
    made = difference({}, {"a.md": data, "Makefile": b"all:\n"})
    assert "Binary files a/a.md and b/a.md differ" in made.patch.decode()
    assert "+all:\n" in made.patch.decode()


texts = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d"]), max_size=30).map("".join)


@given(texts, texts, st.sampled_from([0, 20, 10**9]))
def test_hunks_turn_the_old_text_into_the_new_one(old: str, new: str, most_effort: int) -> None:
    """Also where the effort does not suffice to find what is the same."""
    lines, _ = compare(split(old), split(new), most_effort)
    assert "".join(patched(split(old), lines.hunks)) == new
    assert len(split(new)) - len(split(old)) == lines.insertions - lines.deletions


def patched(old: list[str], hunks: str) -> list[str]:
    """A patch applied by the book, each context and deleted line checked."""
    made, at = [], 0
    body = hunks.replace("\n\\ No newline at end of file\n", "\v").splitlines(keepends=True)
    for line in [part for whole in body for part in _parts(whole)]:
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            begin = int(start) - (0 if length == "0" else 1)
            made += old[at:begin]
            at = begin
            continue
        if line[0] in " -":
            assert old[at] == line[1:]
            at += 1
        if line[0] in " +":
            made.append(line[1:])
    return made + old[at:]


def _parts(whole: str) -> list[str]:
    *ended, rest = whole.split("\v")
    return [*ended, *([rest] if rest else [])]


def test_the_same_change_gives_the_same_patch() -> None:
    old = {f"{n}.md": b"x\n" * n for n in range(60)}
    new = {f"{n}.md": b"y\n" * n for n in range(80)}
    assert difference(old, new).patch == difference(old, new).patch


def test_a_thousand_changed_files_are_compared_line_by_line() -> None:
    """Finish may take 300 s; this leaves room for a processor ten times as slow, and for two thousand reads."""
    text = [f"line {n} of a text that says something\n" for n in range(200)]
    old = {f"docs/{n:04}.md": f"{n}\n{''.join(text)}".encode() for n in range(1_000)}
    new = {path: data.replace(b"5 of", b"five of") for path, data in old.items()}
    began = perf_counter()
    made = difference(old, new)
    assert perf_counter() - began < 30
    assert made.summary.shortstat == "1000 files changed, 20000 insertions(+), 20000 deletions(-)"
    assert made.patch.count(b"\ndiff --git ") == 999


@pytest.mark.proof
def test_texts_made_to_be_slow_are_replaced_as_a_whole(tmp_path: Path) -> None:
    """Every other line changed is what takes difflib longest: these two would take it minutes."""
    lines = range(40_000)
    old = {f"{n}.txt": "".join(f"{n}\n" for n in lines).encode() for n in range(20)}
    new = {path: "".join(f"{n}\n" if n % 2 else f"-{n}\n" for n in lines).encode() for path in old}
    began = perf_counter()
    made = difference(old, new)
    assert perf_counter() - began < 30
    assert made.summary.shortstat.startswith("20 files changed, ")


def test_bounds_hold_for_a_workspace_of_any_size() -> None:
    tree = {f"{n:05}.txt": b"%d\n" % n for n in range(bounds.MAX_FILES + 100)}
    made = difference({}, tree)
    assert len(made.summary.files) == len(tree)
    assert made.patch.count(b"are too large to compare") == 100
