"""Edits, patches and moves: found where they are meant, refused with what is nearest, all of a call or nothing."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from swarm.agent.model import ToolCall
from swarm.agent.tools.toolbox import ToolResult
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace, WorkspaceLimits
from tests.agent.test_tools import do
from tests.support.tools import run_call


@pytest.fixture
def workspace() -> Workspace:
    limits = WorkspaceLimits(file_bytes=1_000_000, files=100)
    return Workspace(Snapshot(), MemoryObjects(), ProjectArea("tenant", "project"), limits)


def edit(workspace: Workspace, **arguments: JsonValue) -> ToolResult:
    return do(workspace, "edit_file", path="a.txt", **arguments)


def patch(workspace: Workspace, *lines: str) -> ToolResult:
    return do(workspace, "apply_patch", patch="\n".join(["*** Begin Patch", *lines, "*** End Patch"]))


# ---- edit_file ------------------------------------------------------------------------------------------------


def test_several_edits_are_made_in_order(workspace: Workspace) -> None:
    workspace.write("a.txt", b"one\ntwo\nthree\n")
    edits: list[JsonValue] = [{"old_text": "one", "new_text": "1"}, {"old_text": "1\ntwo", "new_text": "1\n2"}]
    assert edit(workspace, edits=edits).output == "edited a.txt in 2 places, now 10 bytes"
    assert workspace.read("a.txt") == b"1\n2\nthree\n"


def test_one_edit_that_does_not_fit_leaves_everything_as_it_is(workspace: Workspace) -> None:
    workspace.write("a.txt", b"one\ntwo\n")
    result = edit(workspace, edits=[{"old_text": "one", "new_text": "1"}, {"old_text": "five", "new_text": "5"}])
    assert not result.ok
    assert "edit 2 of 2: old_text occurs 0 times" in result.output
    assert "none of the edits was made" in result.output
    assert workspace.read("a.txt") == b"one\ntwo\n"


def test_every_occurrence_is_replaced_where_that_is_asked_for(workspace: Workspace) -> None:
    workspace.write("a.txt", b"ab ab aaab")
    assert edit(workspace, old_text="ab", new_text="ab-", replace_all=True).output.startswith(
        "edited a.txt in 3 places"
    )
    assert workspace.read("a.txt") == b"ab- ab- aaab-"


def test_more_places_than_one_are_named_by_their_lines(workspace: Workspace) -> None:
    workspace.write("a.txt", b"x\ny\nx\n")
    assert "occurs 2 times in a.txt (lines 1, 3)" in edit(workspace, old_text="x", new_text="z").output


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        pytest.param("a  \nb\t\nc", "a\nb\nc", "A\nB", "A\nB", id="blanks at the ends of lines"),
        pytest.param("a\nb", "a \nb", "c", "c", id="blanks of the model's own"),
        pytest.param("say “hi” – it’s", 'say "hi" – it\'s', "bye", "bye", id="typographic quotes"),
        pytest.param("pages 3–7 — all", "pages 3-7 - all", "none", "none", id="dashes"),
        pytest.param("un cafe\u0301 noir", "caf\u00e9", "the\u0301", "un the\u0301 noir", id="a letter in parts"),
        pytest.param("un caf\u00e9 noir", "cafe\u0301 noir", "te", "un te", id="a letter as one"),
        pytest.param("10\u00a0km", "10 km", "6 mi", "6 mi", id="hard blank"),
        pytest.param("a\r\nb\r\nc\r\n", "b\nc", "B\nC\nD", "a\r\nB\r\nC\r\nD\r\n", id="line ends"),
        pytest.param("a\r\nb\nc\nd\n", "a\nb\nc", "A\nB", "A\r\nB\nd\n", id="mixed line ends, first CRLF"),
        pytest.param("a\nb\r\nc\n", "b\nc", "B\nC", "a\nB\r\nC\n", id="mixed line ends, later CRLF"),
        pytest.param("\ufeffa\nb\n", "a\nb", "c", "\ufeffc\n", id="byte order mark"),
        pytest.param("'a' “a”", "'a'", "b", "b “a”", id="exact before alike"),
        pytest.param("x = 1   # one\n", "x = 1", "x = 2", "x = 2   # one\n", id="within a line"),
    ],
)
def test_what_looks_the_same_is_found(workspace: Workspace, before: str, old: str, new: str, after: str) -> None:
    workspace.write("a.txt", before.encode())
    assert edit(workspace, old_text=old, new_text=new).ok
    assert workspace.read("a.txt").decode() == after


def test_a_passage_that_is_not_there_is_answered_with_the_nearest_lines(workspace: Workspace) -> None:
    workspace.write("a.txt", b"def area(width, height):\n    return width * height\n")
    said = edit(workspace, old_text="def area(width, heigth):", new_text="x").output
    assert "the nearest is line 1: 'def area(width, height):'" in said
    assert "nothing is like it" in edit(workspace, old_text="%%%%", new_text="x").output


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"old_text": "a", "new_text": "b", "edits": [{"old_text": "a", "new_text": "b"}]}, id="both"),
        pytest.param({"edits": []}, id="no edits"),
    ],
)
def test_one_edit_or_several_and_not_both(workspace: Workspace, arguments: dict[str, JsonValue]) -> None:
    workspace.write("a.txt", b"a")
    assert "give old_text and new_text, or edits" in edit(workspace, **arguments).output


# ---- write_file, read_file -----------------------------------------------------------------------------------


def test_a_long_file_is_written_part_after_part(workspace: Workspace) -> None:
    assert do(workspace, "write_file", path="a.md", content="é\n", append=True).output == "created a.md, 3 bytes"
    said = do(workspace, "write_file", path="a.md", content="b\n", append=True).output
    assert said == "added 2 bytes to a.md, now 5 bytes"
    assert workspace.read("a.md") == "é\nb\n".encode()
    workspace.write("a.png", b"\0")
    assert not do(workspace, "write_file", path="a.png", content="b", append=True).ok


def test_a_byte_order_mark_is_no_part_of_line_one(workspace: Workspace) -> None:
    workspace.write("a.csv", b"\xef\xbb\xbfid,name\r\n1,x\n")
    assert do(workspace, "read_file", path="a.csv").output == "id,name\n1,x"
    assert do(workspace, "edit_file", path="a.csv", old_text="id,name\n1,x", new_text="id\n1").ok
    assert workspace.read("a.csv") == b"\xef\xbb\xbfid\r\n1\n"


# ---- apply_patch ---------------------------------------------------------------------------------------------

SOURCE = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 1\n"


def test_one_patch_adds_changes_moves_and_deletes(workspace: Workspace) -> None:
    workspace.write("a.py", SOURCE.encode())
    workspace.write("old.txt", b"x\n")
    workspace.write("b.md", b"# B\n")
    result = patch(
        workspace,
        "*** Add File: new/c.txt",
        "+first",
        "+",
        "+third",
        "*** Delete File: old.txt",
        "*** Update File: a.py",
        "@@ def two():",
        "-    return 1",
        "+    return 2",
        "*** Update File: b.md",
        "*** Move to: docs/b.txt",
        "@@",
        "-# B",
        "+# C",
    )
    assert result.output == "applied to 4 files:\nA new/c.txt\nD old.txt\nM a.py\nM b.md -> docs/b.txt"
    assert result.files == ("new/c.txt", "old.txt", "a.py", "docs/b.txt")
    assert workspace.paths() == ["a.py", "docs/b.txt", "new/c.txt"]
    assert workspace.read("a.py").decode() == SOURCE.replace("two():\n    return 1", "two():\n    return 2")
    assert workspace.read("docs/b.txt") == b"# C\n"
    assert workspace.read("new/c.txt") == b"first\n\nthird\n"


@pytest.mark.parametrize(
    ("before", "hunks", "after"),
    [
        pytest.param("a\nb\nc\n", ["@@", " a", "-b", "+B", " c"], "a\nB\nc\n", id="context"),
        pytest.param("a\nb\n", [" a", "-b", "+B"], "a\nB\n", id="no mark"),
        pytest.param("a\nb", ["@@", "-b", "+B"], "a\nB", id="no line end at the end"),
        pytest.param("a\r\nb\r\n", ["@@", " a", "+x"], "a\r\nx\r\nb\r\n", id="CRLF"),
        pytest.param("x\nx\nx\n", ["@@", "-x", "+y", "*** End of File"], "x\nx\ny\n", id="end of file"),
        pytest.param("a\n", ["@@", "+b"], "a\nb\n", id="only new lines"),
        pytest.param("a\nb\nc\n", ["@@ a", "+x"], "a\nx\nb\nc\n", id="new lines behind a mark"),
        pytest.param("f:\n  x\ng:\n  x\n", ["@@ g:", "-  x", "+  y"], "f:\n  x\ng:\n  y\n", id="behind a mark"),
        pytest.param("f:\n x\n", ["@@ f:", " f:", "- x", "+ y"], "f:\n y\n", id="a mark that is context, too"),
        pytest.param("a\n\nb\n", ["@@", " a", "", "-b", "+B"], "a\n\nB\n", id="empty context without its blank"),
        pytest.param("a  \n“b”\n", ["@@", " a", '-"b"', "+c"], "a\nc\n", id="alike"),
        pytest.param("a\nb\na\nb\n", ["@@", "-a", "@@", "-a"], "b\nb\n", id="one after the other"),
    ],
)
def test_a_hunk_is_applied_where_it_is_meant(workspace: Workspace, before: str, hunks: list[str], after: str) -> None:
    workspace.write("a.txt", before.encode())
    result = patch(workspace, "*** Update File: a.txt", *hunks)
    assert result.ok, result.output
    assert workspace.read("a.txt").decode() == after


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        pytest.param(["*** Update File: a.txt", "@@", "-four", "+4"], "its lines are not found", id="lines not there"),
        pytest.param(["*** Update File: a.txt", "@@ def f", "+4"], "no line 'def f'", id="mark not there"),
        pytest.param(
            ["*** Update File: a.txt", "@@", "-two words", "+4"], "nearest is line 2: 'two word'", id="nearest"
        ),
        pytest.param(["*** Update File: gone.txt", "@@", "-a"], "no file gone.txt", id="no such file"),
        pytest.param(["*** Delete File: gone.txt"], "no file gone.txt", id="delete nothing"),
        pytest.param(["*** Add File: a.txt", "+x"], "is there already", id="add what is there"),
        pytest.param(
            ["*** Update File: a.txt", "*** Move to: b.png", "@@", "-one"], "is there already", id="move onto"
        ),
        pytest.param(["*** Add File: ../x", "+x"], "use a relative path", id="path outside"),
        pytest.param(["*** Update File: b.png", "@@", "-x"], "not text", id="binary"),
        pytest.param(["*** Update File: a.txt"], "nothing of what to change", id="no hunk"),
        pytest.param(["what"], "line 4 of the patch is not understood", id="no format"),
        pytest.param([], "changes no file", id="empty"),
    ],
)
def test_a_patch_that_does_not_fit_changes_nothing(workspace: Workspace, lines: list[str], says: str) -> None:
    workspace.write("a.txt", b"one\ntwo word\n")
    workspace.write("b.png", b"\0")
    before = {path: workspace.entry(path) for path in workspace.paths()}
    result = patch(workspace, "*** Add File: first.txt", "+1", *lines) if lines else patch(workspace)
    assert not result.ok
    assert says in result.output
    assert {path: workspace.entry(path) for path in workspace.paths()} == before


def test_a_patch_over_forty_files(workspace: Workspace) -> None:
    for number in range(40):
        workspace.write(f"src/{number}.py", SOURCE.encode())
    hunks = [[f"*** Update File: src/{n}.py", "@@ def one():", "-    return 1", f"+    return {n}"] for n in range(40)]
    result = patch(workspace, *(line for hunk in hunks for line in hunk))
    assert (result.ok, len(result.files)) == (True, 40)
    assert all(f"one():\n    return {n}\n".encode() in workspace.read(f"src/{n}.py") for n in range(40))
    # One of them does not fit: none is changed.
    before = [workspace.read(path) for path in workspace.paths()]
    again = patch(workspace, *(line for hunk in hunks for line in hunk), "*** Delete File: src/40.py")
    assert not again.ok
    assert [workspace.read(path) for path in workspace.paths()] == before


# ---- move_files, copy_files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "target", "after"),
    [
        pytest.param("a.md", "b.txt", ["b.txt", "in/x.md", "in/y/z.md"], id="rename"),
        pytest.param("a.md", "docs/", ["docs/a.md", "in/x.md", "in/y/z.md"], id="into a folder"),
        pytest.param("in/y/z.md", "./", ["a.md", "in/x.md", "z.md"], id="to the root"),
        pytest.param("in/", "out/", ["a.md", "out/x.md", "out/y/z.md"], id="folder"),
        pytest.param("*.md", "all/", ["all/a.md", "all/in/x.md", "all/in/y/z.md"], id="pattern"),
        pytest.param("in/*.md", "out/", ["a.md", "out/x.md", "out/y/z.md"], id="pattern in a folder"),
    ],
)
def test_files_are_moved(workspace: Workspace, files: str, target: str, after: list[str]) -> None:
    for path in ("a.md", "in/x.md", "in/y/z.md"):
        workspace.write(path, path.encode())
    result = do(workspace, "move_files", files=files, target=target)
    assert result.ok, result.output
    assert workspace.paths() == after
    assert set(result.files) == set(after) - {"a.md", "in/x.md", "in/y/z.md"}
    assert workspace.entry(after[0]).type == ("text" if after[0].endswith(".txt") else "markdown")


def test_files_are_copied_and_stay(workspace: Workspace) -> None:
    for number in range(40):
        workspace.write(f"{number}.csv", str(number).encode())
    result = do(workspace, "copy_files", files="*.csv", target="backup/")
    assert result.output.startswith("copied 40 files:\n0.csv -> backup/0.csv")
    assert len(workspace.paths()) == 80
    assert workspace.read("backup/7.csv") == b"7"


@pytest.mark.parametrize(
    ("files", "target", "says"),
    [
        pytest.param("gone.md", "b/", "no file matches", id="nothing"),
        pytest.param("*.md", "one.md", "give a folder ending in /", id="many onto one"),
        pytest.param("a.md", "b.md", "b.md is there already; set overwrite", id="there"),
        pytest.param("a.md", "a.md", "there already; nothing to do", id="onto itself"),
        pytest.param("a.md", "../x", "use a relative path", id="outside"),
        pytest.param("*.md", "b.md/", "is a file", id="into a file"),
    ],
)
@pytest.mark.parametrize("tool", ["move_files", "copy_files"])
def test_a_move_that_cannot_be_done_changes_nothing(
    workspace: Workspace, tool: str, files: str, target: str, says: str
) -> None:
    workspace.write("a.md", b"a")
    workspace.write("b.md", b"b")
    result = do(workspace, tool, files=files, target=target)
    if tool == "move_files" and target == "b.md/":
        # b.md itself moves, so the folder may have its name.
        assert workspace.paths() == ["b.md/a.md", "b.md/b.md"]
        return
    assert not result.ok
    assert says in result.output
    assert [workspace.read(path) for path in ("a.md", "b.md")] == [b"a", b"b"]


def test_a_move_may_replace_what_is_there_where_that_is_asked_for(workspace: Workspace) -> None:
    workspace.write("a.md", b"a")
    workspace.write("b.md", b"b")
    assert do(workspace, "move_files", files="a.md", target="b.md", overwrite=True).ok
    assert (workspace.paths(), workspace.read("b.md")) == (["b.md"], b"a")


def test_arguments_as_the_model_writes_them(workspace: Workspace) -> None:
    """Strict schemas have every property, null where it is not used."""
    workspace.write("a.txt", b"a")
    arguments = '{"path": "a.txt", "old_text": "a", "new_text": "", "replace_all": null, "edits": null}'
    assert run_call(ToolCall("c1", "edit_file", arguments), workspace).ok
    assert workspace.read("a.txt") == b""
