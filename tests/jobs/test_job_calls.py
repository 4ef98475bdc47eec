"""Calls of a turn that run elsewhere: none sees stale files, and each has a result of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from swarm.agent.job_calls import MAX_CALLS, TurnCalls, calls_by_id, merge_files, results_of, run_calls
from swarm.agent.model import ToolCall
from swarm.agent.tools.convert_documents import ConvertDocuments, one_for_each
from swarm.agent.tools.toolbox import Toolbox, ToolResult
from swarm.jobs.batch import CallResult, JobCall, JobOutcome
from swarm.runs.conversation import Item
from swarm.tasks.registry import BATCHES
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import FileEntry, Snapshot
from swarm.workspace.working_copy import Workspace, WorkspaceLimits

BOX = Toolbox(BATCHES)
ENTRY = FileEntry("0" * 64, 10, "markdown")


def workspace(*paths: str, limits: WorkspaceLimits | None = None) -> Workspace:
    copy = Workspace(Snapshot(), MemoryObjects(), ProjectArea("t", "p"), limits)
    for path in paths:
        copy.write(path, b"text")
    return copy


def call(tool: str, call_id: str = "", **arguments: object) -> ToolCall:
    declared = {spec.name: spec for spec in BOX.specs}[tool].parameters["properties"]
    assert isinstance(declared, dict)
    return ToolCall(call_id or tool, tool, json.dumps({**dict.fromkeys(declared), **arguments}))


LIST = call("list_files")
RUN = call("run_command", command="make")
FINISH = call("finish", summary="all done")
WRITE = call("write_file", path="b.md", content="b")
READ = call("read_file", path="a.md")
READ_DOCUMENT = call("read_document", path="a.docx")
CONVERT = call("convert_document", source="a.md", target="./a.docx")
CONVERT_ON = call("convert_document", "chained", source="a.docx", target="a.pdf")
CONVERT_OTHER = call("convert_document", "other", source="b.md", target="b.docx")
CONVERT_ALL = call("convert_documents", pattern="*.md", target_suffix=".pdf")


def early(done: TurnCalls) -> list[str]:
    return [
        result.call_id for result in done.results if "earlier call" in result.output or "still run" in result.output
    ]


def handed_out(done: TurnCalls) -> list[str]:
    return [part.parent for _, part in done.pending]


@pytest.mark.parametrize(
    ("calls", "waits", "goes"),
    [
        pytest.param([WRITE, RUN], [], ["run_command"], id="a write, then a command"),
        pytest.param([RUN, RUN], [], ["run_command", "run_command"], id="two commands"),
        pytest.param(
            [RUN, WRITE, READ, LIST], ["write_file", "read_file", "list_files"], ["run_command"], id="after a command"
        ),
        pytest.param([RUN, CONVERT], ["convert_document"], ["run_command"], id="a command, then a conversion"),
        pytest.param([CONVERT, RUN], ["run_command"], ["convert_document"], id="a conversion, then a command"),
        pytest.param([CONVERT, CONVERT_OTHER], [], ["convert_document", "other"], id="two conversions"),
        pytest.param([CONVERT, CONVERT_ON], ["chained"], ["convert_document"], id="a conversion of what one makes"),
        pytest.param([CONVERT, READ_DOCUMENT], ["read_document"], ["convert_document"], id="reading what one makes"),
        pytest.param([CONVERT, CONVERT_ALL], ["convert_documents"], ["convert_document"], id="a batch after one"),
        pytest.param([READ_DOCUMENT, READ, RUN], [], ["read_document", "run_command"], id="after reading"),
        pytest.param([RUN, FINISH], ["finish"], ["run_command"], id="finish after a command"),
        pytest.param([FINISH, CONVERT], ["finish"], ["convert_document"], id="finish before a conversion"),
        pytest.param([READ, LIST, FINISH], [], [], id="nothing elsewhere"),
    ],
)
def test_no_call_sees_files_that_may_still_change(calls: Sequence[ToolCall], waits: list[str], goes: list[str]) -> None:
    done = run_calls(BOX, calls, workspace("a.md", "b.md", "a.docx"))
    assert (early(done), handed_out(done)) == (waits, goes)
    assert all(not result.ok for result in done.results if result.call_id in waits)
    assert len({result.call_id for result in done.results} | set(handed_out(done))) == len(
        {each.call_id for each in calls}
    )


def test_what_comes_before_is_done_before() -> None:
    copy = workspace()
    done = run_calls(BOX, [WRITE, call("convert_documents", pattern="*.md", target_suffix="docx")], copy)
    assert [part.arguments["source"] for _, part in done.pending] == ["b.md"]
    assert copy.paths() == ["b.md"]


def test_bad_arguments_of_a_call_elsewhere_are_a_result_at_once() -> None:
    done = run_calls(BOX, [ToolCall("c", "run_command", "{}"), RUN], workspace())
    assert [(result.call_id, result.ok) for result in done.results] == [("c", False)]
    assert handed_out(done) == ["run_command"]


def test_arguments_are_handed_out_as_the_tool_understands_them() -> None:
    done = run_calls(BOX, [call("run_command", command="ls", timeout_seconds="5")], workspace())
    assert done.pending[0][1].arguments == {"command": "ls", "timeout_seconds": 5}


def test_a_batch_of_nothing_is_a_result() -> None:
    done = run_calls(BOX, [CONVERT_ALL], workspace("a.txt"))
    assert (done.pending, [result.ok for result in done.results]) == ([], [False])
    assert "no file matches" in done.results[0].output


def test_a_turn_takes_so_many_calls_and_no_more() -> None:
    copy = workspace(*(f"{number:03}.md" for number in range(400)))
    batches = [call("convert_documents", f"b{n}", pattern="*.md", target_suffix=f".{n}") for n in range(3)]
    done = run_calls(BOX, [call("read_document", path="a.docx", changes="accept"), *batches[:1]], copy)
    assert len(done.pending) == 401
    done = run_calls(
        BOX,
        [*(call("read_document", f"r{n}", path="a.docx", changes="accept") for n in range(700)), *batches[:1]],
        copy,
    )
    assert len(done.pending) == 700 <= MAX_CALLS
    assert "go on in the next" in done.results[0].output


@pytest.mark.parametrize("call_id", ["call_1", "functions.run:0", "a/b", "a/0001", ""], ids=repr)
def test_any_id_comes_back(call_id: str) -> None:
    asked = ToolCall(call_id, "run_command", RUN.arguments)
    done = run_calls(BOX, [asked], workspace())
    [(_, part)] = done.pending
    assert part.parent == call_id
    [told] = results_of(BOX, [asked], [part], [CallResult(part.call_id, ok=True, output="fine")], {}, workspace())
    assert (told.call_id, told.output) == (call_id, "fine")


def test_an_id_used_again_means_the_last_call_that_has_it() -> None:
    def item(arguments: str) -> Item:
        return {"type": "function_call", "call_id": "call_0", "name": "run_command", "arguments": arguments}

    assert calls_by_id([item("first"), item("second")], ["call_0"]) == [ToolCall("call_0", "run_command", "second")]


def told(*outcomes: CallResult, asked: ToolCall = RUN, refused: dict[str, str] | None = None) -> ToolResult:
    """The result of a call, of these outcomes of its parts."""
    done = run_calls(BOX, [asked], workspace("a.md", "b.md", "c.md"))
    parts = [part for _, part in done.pending]
    [result] = results_of(BOX, [asked], parts, outcomes, refused or {}, workspace())
    return result


@pytest.mark.parametrize(
    ("outcome", "output"),
    [
        pytest.param(CallResult("run_command/0000", ok=True, output="hi\n"), "hi\n", id="fine"),
        pytest.param(CallResult("run_command/0000", ok=True, output=""), "[no output]", id="silent"),
        pytest.param(
            CallResult("run_command/0000", ok=False, output="no such file\n", exit_code=2),
            "error: exit code 2\nno such file",
            id="failed",
        ),
        pytest.param(
            CallResult("run_command/0000", ok=False, output="", exit_code=1),
            "error: exit code 1",
            id="failed silently",
        ),
        pytest.param(
            CallResult("run_command/0000", ok=False, output="[killed: took too long]"),
            "error: [killed: took too long]",
            id="killed",
        ),
        pytest.param(
            CallResult("run_command/0000", ok=False, output="error: it stopped"), "error: it stopped", id="lost"
        ),
    ],
)
def test_a_command_is_told_with_its_exit_code(outcome: CallResult, output: str) -> None:
    assert (told(outcome).output, told(outcome).ok) == (output, outcome.ok)


def test_a_batch_is_reported_file_by_file_in_order() -> None:
    report = told(
        CallResult("convert_documents/0000", ok=True, output="wrote a.pdf from a.md:\n1 page", files=["a.pdf"]),
        CallResult("convert_documents/0001", ok=False, output="error: nested too deep"),
        CallResult("convert_documents/0002", ok=True, output="wrote c.pdf from c.md: 1 page", files=["c.pdf"]),
        asked=CONVERT_ALL,
    )
    assert report.output.splitlines() == [
        "2 of 3 done, 1 failed.",
        "- ok: wrote a.pdf from a.md: 1 page",
        "- failed: b.md: nested too deep",
        "- ok: wrote c.pdf from c.md: 1 page",
    ]
    assert (report.ok, report.files) == (True, ("a.pdf", "c.pdf"))


def test_a_batch_failed_when_all_of_it_did() -> None:
    outcomes = [CallResult(f"convert_documents/{n:04}", ok=False, output="error: no") for n in range(3)]
    assert not told(*outcomes, asked=CONVERT_ALL).ok


def test_a_long_report_still_names_every_file() -> None:
    paths = [f"incoming/letters/{number:03} {'x' * 30}.docx" for number in range(500)]
    asked = call("convert_documents", pattern="*", target_suffix=".md")
    parts = [part for _, part in run_calls(BOX, [asked], workspace(*paths)).pending]
    outcomes = [CallResult(part.call_id, ok=n % 9 > 0, output="word " * 100) for n, part in enumerate(parts)]
    [report] = results_of(BOX, [asked], parts, outcomes, {}, workspace())
    assert len(report.output) <= 30_200
    lines = report.output.splitlines()[1:]
    assert [line.split()[1] for line in lines] == ["failed:" if n % 9 == 0 else "ok:" for n in range(500)]
    assert all(path[:30] in line for path, line in zip(paths, lines, strict=True))


def test_files_that_cannot_be_kept_are_named_where_they_were_made() -> None:
    copy = workspace("a.md", "folder/x.md", limits=WorkspaceLimits(total_bytes=100))
    large = FileEntry("1" * 64, 1_000, "text")
    made = JobOutcome([], {"b.md": ENTRY, "folder": ENTRY, "large.txt": large}, ["a.md", "never.md"])
    refused = merge_files(copy, [made])
    assert copy.paths() == ["b.md", "folder/x.md"]
    assert refused.keys() == {"folder", "large.txt"}
    outcomes = [
        CallResult("one/0000", ok=True, output="first", files=["b.md"]),
        CallResult("two/0000", ok=True, output="second", files=["folder", "large.txt"]),
    ]
    asked = [call("run_command", name, command="make") for name in ("one", "two")]
    parts = [JobCall(outcome.call_id, "run_command", {}) for outcome in outcomes]
    first, second = results_of(BOX, asked, parts, outcomes, refused, copy)
    assert (first.output, first.files) == ("first", ("b.md",))
    assert second.files == ()
    assert "[not kept: folder: folder is a folder;" in second.output
    assert "[not kept: large.txt: " in second.output


def test_later_jobs_write_over_earlier_ones() -> None:
    copy = workspace("a.md")
    later = FileEntry("2" * 64, 5, "markdown")
    assert merge_files(copy, [JobOutcome([], {"b.md": ENTRY}), JobOutcome([], {"b.md": later}, ["a.md"])]) == {}
    assert (copy.paths(), copy.entry("b.md")) == (["b.md"], later)


@pytest.mark.parametrize(
    ("pattern", "folder", "targets"),
    [
        pytest.param("*.md", None, ["a.pdf", "in/a.pdf", "in/deep/a.pdf"], id="beside the sources"),
        pytest.param("*.md", "out", ["out/a.pdf", "out/in/a.pdf", "out/in/deep/a.pdf"], id="a folder"),
        pytest.param("in/*.md", "out", ["out/a.pdf", "out/deep/a.pdf"], id="a folder for a folder"),
        pytest.param("./in/d*/a.md", "out", ["out/deep/a.pdf"], id="a folder that is part of the pattern"),
        pytest.param("*a.[mr]*", None, ["a.pdf", "a-rst.pdf", "in/a.pdf", "in/deep/a.pdf"], id="equal names"),
        pytest.param("*.pdf", None, [], id="what is it already"),
    ],
)
def test_a_batch_never_makes_two_files_of_one_name(pattern: str, folder: str | None, targets: list[str]) -> None:
    copy = workspace("a.md", "a.rst", "in/a.md", "in/deep/a.md", "old.pdf")
    asked = ConvertDocuments(pattern=pattern, target_suffix="pdf", target_folder=folder)
    assert [part.target for part in one_for_each(asked, copy)] == targets
