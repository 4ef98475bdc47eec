"""What the model sees of the tools, and what it gets back from every kind of call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pkgutil import iter_modules

import pytest
from pydantic import JsonValue

import convert.tools
from swarm.agent.model import ToolCall
from swarm.agent.tools.list_files import MAX_LISTED
from swarm.agent.tools.search_files import MAX_FILE_BYTES
from swarm.agent.tools.toolbox import Toolbox, ToolResult, tool_named
from swarm.jobs.batch import DOCUMENT_TEXT, FAILED
from swarm.tasks.registry import BATCHES
from swarm.text import MAX_OUTPUT
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace, WorkspaceLimits
from tests.provider.rules import schema_faults
from tests.support.tools import UNTRUSTED_TOOLS, run_call

AREA = ProjectArea("tenant", "project")

ARGUMENTS: Mapping[str, Mapping[str, JsonValue]] = {
    "run_command": {"command": "ls"},
    "run_document": {"path": "a.smd"},
    "read_document": {"path": "a.docx"},
    "view_pages": {"path": "a.pdf", "pages": [1, 2]},
    "view_image": {"path": "a.png"},
    "edit_document": {"path": "a.docx", "action": "replace", "find": "a", "text": "b"},
    "convert_document": {"source": "a.md", "target": "a.docx"},
    "convert_documents": {"pattern": "*.md", "target_suffix": ".docx"},
}


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(Snapshot(), MemoryObjects(), AREA)


def call(name: str, arguments: Mapping[str, JsonValue] | str) -> ToolCall:
    return ToolCall("call_1", name, arguments if isinstance(arguments, str) else json.dumps(arguments))


def do(workspace: Workspace, tool: str, **arguments: JsonValue) -> ToolResult:
    return run_call(call(tool, arguments), workspace)


@pytest.mark.parametrize("name", BATCHES)
def test_every_schema_obeys_strict_mode(name: str) -> None:
    tool = tool_named(name)
    assert tool.name == name
    assert schema_faults(tool.spec.parameters) == []
    assert tool.spec.description


def test_a_written_file_reads_back_and_is_listed(workspace: Workspace) -> None:
    written = do(workspace, "write_file", path="docs/a.md", content="# Ä\nb\n")
    assert (written.ok, written.intent, written.path) == (True, "write", "docs/a.md")
    assert written.output == "created docs/a.md, 7 bytes"
    assert do(workspace, "read_file", path="docs/a.md", start_line=None, end_line=None).output == "# Ä\nb"
    assert do(workspace, "list_files", prefix="docs/").output == "docs/a.md  7 bytes  markdown"
    assert do(workspace, "list_files", prefix="./docs").output == "docs/a.md  7 bytes  markdown"
    assert do(workspace, "list_files", prefix="img").output == "no file begins with img"


def test_writing_again_says_replaced(workspace: Workspace) -> None:
    do(workspace, "write_file", path="a.txt", content="1")
    assert do(workspace, "write_file", path="a.txt", content="22").output == "replaced a.txt, 2 bytes"


def test_deleting_removes_and_says_so(workspace: Workspace) -> None:
    workspace.write("a.txt", b"1")
    assert do(workspace, "delete_file", path="a.txt").output == "deleted a.txt"
    assert workspace.paths() == []


def test_listing_an_empty_workspace_says_it_is_empty(workspace: Workspace) -> None:
    assert do(workspace, "list_files", prefix=None).output == "the workspace is empty"


def test_a_long_listing_is_cut_and_counts_the_rest(workspace: Workspace) -> None:
    for number in range(MAX_LISTED + 5):
        workspace.write(f"{number:05}", b"")
    lines = do(workspace, "list_files", prefix=None).output.splitlines()
    assert lines[-1] == f"[5 of {MAX_LISTED + 5} files not shown; list a narrower prefix]"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(2, 3, "[a.txt, lines 2 to 3 of 4]\ntwo\nthree", id="middle"),
        pytest.param(3, None, "[a.txt, lines 3 to 4 of 4]\nthree\nfour", id="to the end"),
        pytest.param(None, 1, "[a.txt, lines 1 to 1 of 4]\none", id="from the beginning"),
        pytest.param(1, 99, "one\ntwo\nthree\nfour", id="past the end is the whole"),
    ],
)
def test_a_range_of_lines(workspace: Workspace, start: int | None, end: int | None, expected: str) -> None:
    workspace.write("a.txt", b"one\ntwo\r\nthree\nfour\n")
    assert do(workspace, "read_file", path="a.txt", start_line=start, end_line=end).output == expected


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        pytest.param("a.png", b"\x89PNG\0\0", "a.png is not text: image (.png), 6 bytes", id="image"),
        pytest.param("a.txt", b"\xff\xfe\xfa", "a.txt is not text: text (.txt), 3 bytes", id="not UTF-8"),
        pytest.param("blob", b"\0", "blob is not text: binary, 1 bytes", id="no suffix"),
        pytest.param("a.txt", b"", "[a.txt is empty]", id="empty"),
        pytest.param("Makefile", b"all:\n", "all:", id="text without a suffix"),
    ],
)
def test_reading_says_what_it_is_when_there_is_no_text(
    workspace: Workspace, path: str, data: bytes, expected: str
) -> None:
    workspace.write(path, data)
    assert do(workspace, "read_file", path=path).output == expected


def test_a_long_file_is_cut_in_the_middle_and_the_note_gets_the_rest(workspace: Workspace) -> None:
    workspace.write("long.txt", "\n".join(f"line {number}" for number in range(1, 10_001)).encode())
    shown = do(workspace, "read_file", path="long.txt").output
    assert len(shown) <= MAX_OUTPUT
    assert shown.startswith("line 1\n")
    assert shown.endswith("\nline 10000")
    note = next(line for line in shown.splitlines() if line.startswith("[..."))
    words = note.split()
    first, last = int(words[2]), int(words[4])
    assert f"line {first - 1}\n{note}\nline {last + 1}\n" in shown
    rest = do(workspace, "read_file", path="long.txt", start_line=first, end_line=first + 9).output
    assert rest.splitlines()[1] == f"line {first}"


def test_one_endless_line_is_cut_between_characters(workspace: Workspace) -> None:
    workspace.write("min.js", b"x" * 100_000)
    shown = do(workspace, "read_file", path="min.js").output
    assert "70200 characters left out" in shown
    assert len(shown) <= MAX_OUTPUT


def test_an_edit_replaces_the_one_place(workspace: Workspace) -> None:
    workspace.write("a.txt", b"one two three")
    assert do(workspace, "edit_file", path="a.txt", old_text="two", new_text="2").ok
    assert workspace.read("a.txt") == b"one 2 three"


def test_an_edit_keeps_crlf_line_ends(workspace: Workspace) -> None:
    workspace.write("a.txt", b"one\r\ntwo\r\nthree\r\n")
    assert do(workspace, "edit_file", path="a.txt", old_text="one\ntwo", new_text="1\n2\n2b").ok
    assert workspace.read("a.txt") == b"1\r\n2\r\n2b\r\nthree\r\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("four", "4", "occurs 0 times", id="nowhere"),
        pytest.param("aa", "b", "occurs 2 times", id="overlapping"),
        pytest.param("", "b", "old_text is empty", id="empty"),
        pytest.param("one", "one", "nothing to change", id="same"),
    ],
)
def test_an_edit_without_exactly_one_place_changes_nothing(workspace: Workspace, old: str, new: str, says: str) -> None:
    workspace.write("a.txt", b"one aaa")
    result = do(workspace, "edit_file", path="a.txt", old_text=old, new_text=new)
    assert not result.ok
    assert result.output.startswith(FAILED)
    assert says in result.output
    assert workspace.read("a.txt") == b"one aaa"


def test_a_search_gives_path_line_and_text(workspace: Workspace) -> None:
    workspace.write("a.md", "eins\nZwölf Äpfel\n".encode())
    workspace.write("sub/b.md", b"12 apples\n")
    workspace.write("c.png", b"12 apples")
    workspace.write("d.txt", b"\xff 12 apples")
    assert do(workspace, "search_files", pattern=r"(?i)äpfel|\d+ apples", path_prefix=None).output == (
        "a.md:2: Zwölf Äpfel\nd.txt:1: ÿ 12 apples\nsub/b.md:1: 12 apples\n[searched 3 text files]\n"
        "[1 image not searched; view_image shows them]"
    )
    narrow = do(workspace, "search_files", pattern="apples", path_prefix="sub/").output
    assert narrow == "sub/b.md:1: 12 apples\n[searched 1 text file]"
    assert do(workspace, "search_files", pattern="pears").output.startswith("no line matches\n[searched 3 text files]")


def test_a_match_far_along_a_line_is_shown_with_what_is_around_it(workspace: Workspace) -> None:
    workspace.write("data.json", b"x" * 5_000 + b" needle " + b"y" * 5_000)
    found = do(workspace, "search_files", pattern="needle").output.splitlines()[0]
    assert "x needle y" in found
    assert len(found) < 400


def test_a_file_too_large_to_search_is_named(workspace: Workspace) -> None:
    workspace.write("big.csv", b"x" * (MAX_FILE_BYTES + 1))
    assert "not searched" in do(workspace, "search_files", pattern="x").output
    assert "big.csv (larger than" in do(workspace, "search_files", pattern="x").output


def test_a_pattern_that_would_explode_elsewhere_is_quick(workspace: Workspace) -> None:
    workspace.write("a.txt", b"a" * 200_000 + b"!")
    assert do(workspace, "search_files", pattern="(a|aa|a*)*$x").output.startswith("no line matches")


def test_many_matches_are_cut_with_advice(workspace: Workspace) -> None:
    workspace.write("a.txt", b"x\n" * 1_000)
    assert do(workspace, "search_files", pattern="x").output.endswith("narrow the pattern or path_prefix]")


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        pytest.param("write_file", '{"path": "a.md", "content": "cut of', "not valid JSON", id="cut JSON"),
        pytest.param("write_file", '{"path": "a", "content": "\\ud800"}', "not valid JSON", id="lone surrogate"),
        pytest.param("write_file", "[" * 100_000, "not valid JSON", id="deep nesting"),
        pytest.param("write_file", "[1]", "not a JSON object", id="array"),
        pytest.param("write_file", "", "path: Field required", id="nothing"),
        pytest.param("write_file", {"path": "a.md"}, "content: Field required", id="missing field"),
        pytest.param("write_file", {"path": "a", "content": 5}, "content: Input should be", id="wrong type"),
        pytest.param("list_files", {"prefix": None, "deep": True}, "deep: Extra inputs", id="unknown field"),
        pytest.param("rm_rf", {}, "there is no tool 'rm_rf'; there are list_files", id="unknown tool"),
        pytest.param("x" * 10_000, {}, "there is no tool", id="endless tool name"),
        pytest.param("read_file", {"path": "gone.md"}, "no file gone.md", id="no such file"),
        pytest.param("read_file", {"path": "../etc"}, "use a relative path", id="path outside"),
        pytest.param("read_file", {"path": "a\0b"}, "use a relative path", id="NUL in path"),
        pytest.param("read_file", {"path": "two.txt", "start_line": 3}, "which has lines 1 to 2", id="past end"),
        pytest.param(
            "read_file",
            {"path": "two.txt", "start_line": 2, "end_line": 1},
            "which has lines",
            id="backwards",
        ),
        pytest.param("delete_file", {"path": "gone.md"}, "no file gone.md", id="delete nothing"),
        pytest.param("write_file", {"path": "big.txt", "content": "x" * 2_000}, "a file may have", id="too large"),
        pytest.param("write_file", {"path": "two.txt/a", "content": ""}, "is a file", id="inside a file"),
        pytest.param("search_files", {"pattern": "("}, "RE2 syntax: missing )", id="bad pattern"),
        pytest.param("search_files", {"pattern": r"(a)\1"}, "RE2 syntax", id="backreference"),
        pytest.param("edit_file", {"path": "b.png", "old_text": "a", "new_text": "b"}, "not text", id="edit binary"),
    ],
)
def test_what_cannot_be_done_is_a_result_that_says_how_to_mend_it(
    tool: str, arguments: Mapping[str, JsonValue] | str, says: str
) -> None:
    workspace = Workspace(Snapshot(), MemoryObjects(), AREA, WorkspaceLimits(file_bytes=1_000))
    workspace.write("two.txt", b"1\n2\n")
    workspace.write("b.png", b"\0")
    before = workspace.paths()
    result = run_call(call(tool, arguments), workspace)
    assert not result.ok
    assert result.output.startswith(FAILED)
    assert says in result.output
    assert len(result.output) < 1_000
    assert len(result.tool) <= 64
    assert workspace.paths() == before


def test_a_damaged_file_is_the_models_to_work_around() -> None:
    blobs = MemoryObjects()
    written = Workspace(Snapshot(), blobs, AREA)
    written.write("a.txt", b"good")
    snapshot = written.save()
    for key in blobs.objects:
        blobs.objects[key] = b"bad"
    result = do(Workspace(snapshot, blobs, AREA), "read_file", path="a.txt")
    assert not result.ok


@pytest.mark.parametrize("name", [name for name in UNTRUSTED_TOOLS if tool_named(name).run is None])
def test_a_call_for_an_untrusted_function_is_not_done_by_the_agent(workspace: Workspace, name: str) -> None:
    assert tool_named(name).executor in {"sandbox", "convert"}
    box = Toolbox(UNTRUSTED_TOOLS)
    result = run_call(call(name, ARGUMENTS[name]), workspace, box)
    assert (result.ok, result.args) == (False, ARGUMENTS[name])
    assert "not done by the agent" in result.output
    assert isinstance(box.bind(call(name, {})), ToolResult)


def test_each_tool_of_the_convert_function_is_a_module_of_its_name_on_both_sides() -> None:
    asked = (tool_named(name) for name in (*UNTRUSTED_TOOLS, DOCUMENT_TEXT))
    names = {tool.name for tool in asked if tool.executor == "convert" and not tool.expand}
    assert names == {module.name for module in iter_modules(convert.tools.__path__)}
