"""The offline model understands a few instructions, does them with the tools, and always comes to an end."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from codex_swarm.models import TaskType
from swarm.agent.model import ModelRequest, ModelTurn, ToolCall, ToolSpec
from swarm.agent.offline import OfflineModel
from swarm.agent.offline.content import content_of
from swarm.agent.offline.grammar import LONGEST_WAIT, MOST_STEPS, read_instructions
from swarm.agent.offline.steps import Convert, Delete, Execute, Fail, Run, Step, Touch, Wait, Write
from swarm.agent.tools.tool import FINISH
from swarm.agent.tools.toolbox import Toolbox
from swarm.errors import ModelFailure
from swarm.runs.conversation import Item, tool_output, user_message
from swarm.runs.error_types import ErrorType
from swarm.runs.usage import TokenUsage
from swarm.workspace.objects import MemoryObjects, ProjectArea
from swarm.workspace.snapshot import Snapshot
from swarm.workspace.working_copy import Workspace
from tests.support.tools import AGENT_TOOLS, run_call

MOST_TURNS = MOST_STEPS * (int(LONGEST_WAIT) + 1) + 1


def spec(name: str, *properties: str) -> ToolSpec:
    return ToolSpec(name, name, {"type": "object", "properties": {key: {"type": "string"} for key in properties}})


CONVERT = spec("convert_document", "source", "target", "title")
CONVERT_ALL = spec("convert_documents", "pattern", "target_suffix", "target_folder")
EDIT = spec("edit_document", "path", "action", "find", "text", "author", "everywhere", "target")
READ_DOCUMENT = spec("read_document", "path", "start_page")
RUN = spec("run_command", "command", "timeout_seconds")
ELSEWHERE = (CONVERT, CONVERT_ALL, READ_DOCUMENT, RUN)


class Conversation:
    """A run of the offline model with the real tools, without the rest of the service."""

    def __init__(
        self,
        text: str,
        task_type: TaskType = TaskType.CODE,
        extra: Sequence[ToolSpec] = (),
        files: Mapping[str, str] | None = None,
        answers: Mapping[str, Callable[..., str]] | None = None,
    ) -> None:
        self.answers = answers or {}
        self.slept: list[float] = []
        self.task_type = task_type
        self.items: list[Item] = [user_message(text)]
        self.box = Toolbox(AGENT_TOOLS)
        self.extra = extra
        self.workspace = Workspace(Snapshot(), MemoryObjects(), ProjectArea("t", "p"))
        self.summary: str | None = None
        for path, content in (files or {}).items():
            self.workspace.write(path, content.encode())

    def respond(self) -> ModelTurn:
        # A new model every time: nothing may be kept outside the conversation.
        model = OfflineModel(self.task_type, sleep=self.slept.append)
        return model.respond(ModelRequest("", tuple(self.items), (*self.box.specs, *self.extra), "run-1", 600.0))

    def turn(self) -> ModelTurn:
        turn = self.respond()
        self.items += turn.items
        for call in turn.calls:
            elsewhere = call.name in {tool.name for tool in self.extra}
            output = self.answer(call) if elsewhere else run_call(call, self.workspace).output
            self.items.append(tool_output(call.call_id, output))
            if call.name == FINISH:
                self.summary = json.loads(call.arguments)["summary"]
        return turn

    def answer(self, call: ToolCall) -> str:
        """What a function elsewhere answers: what the test says, or nothing of interest."""
        answer = self.answers.get(call.name)
        return answer(**json.loads(call.arguments)) if answer else "done"

    def asked(self, tool: str) -> list[dict[str, Any]]:
        """The arguments of every call of a tool."""
        calls = [item for item in self.items if item.get("type") == "function_call" and item["name"] == tool]
        return [json.loads(str(item["arguments"])) for item in calls]

    def finish(self) -> Conversation:
        for _ in range(MOST_TURNS):
            self.turn()
            if self.summary is not None:
                return self
        raise AssertionError("the model does not finish")

    def text(self, path: str) -> str:
        return self.workspace.read(path).decode()


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        pytest.param(
            "Create a simple markdown file called hello.md with a greeting",
            [Write("hello.md", "a greeting")],
            id="create",
        ),
        pytest.param(
            "Create a file called a.md with a greeting. wait 2 seconds",
            [Write("a.md", "a greeting"), Wait(2)],
            id="create, then wait",
        ),
        pytest.param(
            "First write a haiku about autumn to poem.md, then delete old.txt.",
            [Write("poem.md", "a haiku about autumn"), Delete(("old.txt",))],
            id="the file named last",
        ),
        pytest.param(
            "Create a.md and b.md with a greeting",
            [Write("a.md", "a greeting"), Write("b.md", "a greeting")],
            id="two files",
        ),
        pytest.param(
            "Create a.md with a greeting and b.md with a farewell",
            [Write("a.md", "a greeting"), Write("b.md", "a farewell")],
            id="two files, two contents",
        ),
        pytest.param('write "exactly this" to d/a.txt', [Write("d/a.txt", "", "exactly this\n")], id="quoted before"),
        pytest.param('create a.txt with "a.b; then c"', [Write("a.txt", "", "a.b; then c\n")], id="quoted after"),
        pytest.param("create a.txt with content hello", [Write("a.txt", "", "hello\n")], id="content"),
        pytest.param("create a.txt that says hello", [Write("a.txt", "", "hello\n")], id="that says"),
        pytest.param(
            "Create main.py with:\n```python\nprint(1)\n\nprint(2)\n```\nwait 1 second",
            [Write("main.py", "", "print(1)\n\nprint(2)\n"), Wait(1)],
            id="fenced code",
        ),
        pytest.param(
            "create 'my file.md' with a greeting", [Write("my file.md", "a greeting")], id="name with a space"
        ),
        pytest.param("create a file called Makefile with 'all:'", [Write("Makefile", "", "all:\n")], id="no suffix"),
        pytest.param(
            "create report.docx about sales",
            [Write("report.md", "sales"), Convert(("report.md",), ("report.docx",))],
            id="a format that is made from text",
        ),
        pytest.param("touch a b, c.md and d/e", [Touch(("a", "b", "c.md", "d/e"))], id="touch"),
        pytest.param("Convert a.md and b.md to Word", [Convert(("a.md", "b.md"), (".docx",))], id="convert"),
        pytest.param("convert a.md into out/b.pdf", [Convert(("a.md",), ("out/b.pdf",))], id="convert to a name"),
        pytest.param(
            "Execute report.smd, then execute a.ipynb into out/b.ipynb and convert report.smd to pdf",
            [Execute("report.smd"), Execute("a.ipynb", "out/b.ipynb"), Convert(("report.smd",), (".pdf",))],
            id="execute",
        ),
        pytest.param(
            "convert a.md to docx and pdf with the template letter",
            [Convert(("a.md",), (".docx", ".pdf"), "letter")],
            id="convert in a look",
        ),
        pytest.param(
            "Create report.docx in the report template about bees",
            [Write("report.md", "bees"), Convert(("report.md",), ("report.docx",), "report")],
            id="create in a look",
        ),
        pytest.param(
            "Create a.md with the template poster", [Write("a.md", "the template poster")], id="a look of nothing"
        ),
        pytest.param(
            "Write a report about bees and convert it to docx and pdf",
            [Write("report.md", "a report about bees"), Convert(("report.md",), (".docx", ".pdf"))],
            id="prose, then convert it",
        ),
        pytest.param("convert all files to pdf", [Convert(("*",), (".pdf",))], id="convert no name"),
        pytest.param("wait 0.5 seconds", [Wait(0.5)], id="wait"),
        pytest.param("wait for 2 minutes", [Wait(120)], id="wait minutes"),
        pytest.param("wait 999999999 seconds", [Wait(LONGEST_WAIT)], id="wait for ever"),
        pytest.param("fail with the disk is full", [Fail("the disk is full")], id="fail"),
        pytest.param('Fail with message "boom".', [Fail("boom")], id="fail with a quoted message"),
        pytest.param(
            "run `ls; echo a and then b` and run `pwd`", [Run(("ls; echo a and then b",)), Run(("pwd",))], id="run"
        ),
        pytest.param(
            "Write an essay on Node.js", [Write("essay.md", "an essay on Node.js")], id="a name in the subject"
        ),
        pytest.param("Analyse the data in x.csv", [Write("main.py", "Analyse the data in x.csv")], id="a file to read"),
        pytest.param(
            "Write a report about bees as Word and PDF",
            [Write("report.md", "a report about bees"), Convert(("report.md",), (".docx", ".pdf"))],
            id="prose, and the formats it is wanted in",
        ),
        pytest.param(
            "Send me the minutes as a PDF file.",
            [Write("minutes.md", "Send me the minutes."), Convert(("minutes.md",), (".pdf",))],
            id="prose, and one format",
        ),
        pytest.param(
            "Write a Word letter to my landlord",
            [Write("letter.md", "a letter to my landlord"), Convert(("letter.md",), (".docx",))],
            id="a format before the kind of document",
        ),
        pytest.param(
            "An essay on honesty in word and deed",
            [Write("essay.md", "An essay on honesty in word and deed")],
            id="a word that is no format",
        ),
        pytest.param("touch up the text", [Write("main.py", "touch up the text")], id="not a touch"),
        pytest.param("", [Write("main.py")], id="nothing"),
        pytest.param("...", [Write("main.py")], id="dots"),
    ],
)
def test_instructions_are_read_as(text: str, steps: list[Step]) -> None:
    assert list(read_instructions(text, TaskType.CODE)) == steps


@pytest.mark.parametrize(
    ("task_type", "prose", "path"),
    [
        pytest.param(TaskType.RESEARCH, "How do bees find home?", "research_report.md", id="research"),
        pytest.param(TaskType.WRITING, "Something about the sea", "draft.md", id="writing"),
        pytest.param(TaskType.DATA_ANALYSIS, "Which month was best?", "analysis.md", id="data analysis"),
        pytest.param(TaskType.DOCUMENT_WRITING, "Our holiday policy", "document.md", id="document writing"),
        pytest.param(TaskType.DOCUMENT_ANALYSIS, "When does it end?", "findings.md", id="document analysis"),
        pytest.param(TaskType.DOCUMENT_PROCESSING, "Tidy up", "processing_report.md", id="document processing"),
        pytest.param(TaskType.CODE, "Sort numbers", "main.py", id="code"),
        pytest.param(TaskType.CODE, "Write a letter to my landlord", "letter.md", id="a kind of document"),
        pytest.param(TaskType.RESEARCH, "Give me a CSV of planets", "data.csv", id="a format"),
    ],
)
def test_prose_that_names_no_file_gets_one_document(task_type: TaskType, prose: str, path: str) -> None:
    run = Conversation(prose, task_type).finish()
    assert run.workspace.paths() == [path]
    assert run.text(path).strip()


def test_a_greeting_is_a_greeting() -> None:
    run = Conversation("Create a simple markdown file called hello.md with a greeting").finish()
    assert run.text("hello.md").startswith("# Hello!\n\nWelcome")
    assert run.summary == "Done: create hello.md."


def test_each_step_is_a_turn_that_says_what_it_does() -> None:
    run = Conversation("touch a b. create c.md with a greeting")
    first, second, last = run.turn(), run.turn(), run.turn()
    assert [call.name for call in first.calls] == ["write_file", "write_file"]
    assert [call.name for call in second.calls] == ["write_file"]
    assert [call.name for call in last.calls] == [FINISH]
    assert all(turn.text for turn in (first, second, last))
    assert {turn.usage for turn in (first, second, last)} == {TokenUsage()}
    identifiers = [item["call_id"] for item in run.items if item.get("type") == "function_call"]
    assert len(set(identifiers)) == 4


def test_the_same_conversation_gets_the_same_turn() -> None:
    run = Conversation("touch a. wait 1 second. create b.md with a list")
    for _ in range(4):
        assert run.respond() == run.respond()
        run.turn()
    assert run.summary is not None


def test_waiting_is_short_naps_over_several_turns() -> None:
    run = Conversation("wait 2.5 seconds").finish()
    assert run.slept == [1.0, 1.0, 0.5]
    assert [item["name"] for item in run.items if item.get("type") == "function_call"] == [*["list_files"] * 3, FINISH]


def test_a_nap_never_outlasts_the_request() -> None:
    slept: list[float] = []
    request = ModelRequest("", [user_message("wait 5 seconds")], Toolbox(AGENT_TOOLS).specs, "run-1", 0.25)
    OfflineModel(TaskType.CODE, sleep=slept.append).respond(request)
    assert slept == [0.25]


def test_failing_as_asked_comes_after_what_was_asked_before() -> None:
    run = Conversation("touch a. fail with out of luck")
    run.turn()
    with pytest.raises(ModelFailure) as failure:
        run.turn()
    assert (failure.value.message, failure.value.error_type) == ("out of luck", ErrorType.RUNTIME)
    assert not failure.value.retryable
    assert run.workspace.paths() == ["a"]


def test_tools_of_other_functions_are_called_when_offered() -> None:
    run = Conversation("create a.md with a letter, convert it to docx and run `wc a.md`", extra=(CONVERT, RUN)).finish()
    asked = [
        (item["name"], json.loads(str(item["arguments"])))
        for item in run.items
        if item.get("type") == "function_call" and item["name"] != "update_plan"
    ]
    assert asked[1] == ("convert_document", {"source": "a.md", "target": "a.docx", "title": None})
    assert asked[2] == ("run_command", {"command": "wc a.md", "timeout_seconds": None})
    assert run.summary == "Done: create a.md; convert a.md to a.docx; run wc a.md."


@pytest.mark.parametrize(
    "said, old, new",
    [
        ("Replace Hello by Hi in a.docx", "Hello", "Hi"),
        ('Please replace "10,000 EUR" with "25,000 EUR" in uploads/a.docx.', "10,000 EUR", "25,000 EUR"),
        ("Replace the old name by the new one in a.docx, then convert a.docx to pdf", "the old name", "the new one"),
    ],
    ids=["bare", "quoted", "and more"],
)
def test_a_word_file_is_edited_in_place(said: str, old: str, new: str) -> None:
    run = Conversation(said, extra=(EDIT, CONVERT)).finish()
    item = next(item for item in run.items if item.get("type") == "function_call")
    arguments = json.loads(str(item["arguments"]))
    assert (item["name"], arguments["action"], arguments["find"], arguments["text"]) == (
        "edit_document", "replace", old, new,
    )  # fmt: skip
    assert arguments["path"].endswith("a.docx")
    assert arguments["everywhere"] is True


def test_a_text_file_is_edited_with_the_tool_for_text() -> None:
    run = Conversation('create a.md with the text "Hello world". Replace Hello by Hi in a.md').finish()
    assert run.text("a.md") == "Hi world\n"
    assert run.summary == "Done: create a.md; replace Hello by Hi in a.md."


def test_what_no_tool_can_do_is_told_at_the_end() -> None:
    run = Conversation(
        "create a.md with a letter, convert it to docx and run `wc a.md`. use the skill letters"
    ).finish()
    assert run.workspace.paths() == ["a.md"]
    assert run.summary == (
        "Done: create a.md. Not done: convert a.md to a.docx (documents cannot be converted in this installation);"
        " run wc a.md (commands cannot be run in this installation); use the skill letters (this run has no skills)."
    )


def test_a_failed_call_is_told_at_the_end_and_stops_nothing() -> None:
    run = Conversation("create ../a.md with a greeting. touch b").finish()
    assert run.workspace.paths() == ["b"]
    assert run.summary == "Done: create b. Not done: create ../a.md."


def test_only_what_follows_the_last_user_message_counts() -> None:
    run = Conversation("touch a").finish()
    run.items.append(user_message("touch b"))
    run.summary = None
    run.finish()
    assert run.workspace.paths() == ["a", "b"]


def test_message_parts_are_read_like_text() -> None:
    run = Conversation("")
    run.items = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "touch a"}]}]
    assert run.finish().workspace.paths() == ["a"]


hostile = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            [
                *(
                    "create",
                    "touch",
                    "convert",
                    "to",
                    "wait",
                    "fail with",
                    "run",
                    "and",
                    "then",
                    "with",
                    ".",
                    ",",
                    "`",
                    "'",
                ),
                *(
                    '"',
                    "```",
                    "\n",
                    "a.md",
                    "b.docx",
                    "../x",
                    "called",
                    "file",
                    "3",
                    "seconds",
                    "it",
                    "docx",
                    "\0",
                    "a",
                    "“",
                ),
            ]
        ),
        max_size=40,
    ).map(" ".join),
)


@pytest.mark.proof
@settings(max_examples=150, deadline=None)
@given(text=hostile, task_type=st.sampled_from(TaskType))
def test_any_text_comes_to_an_end(text: str, task_type: TaskType) -> None:
    ends = {"finished", ErrorType.RUNTIME} if "fail" in text.lower() else {"finished"}
    assert how_it_ends(Conversation(text, task_type)) in ends


def how_it_ends(run: Conversation) -> str:
    try:
        run.finish()
    except ModelFailure as failure:
        return failure.error_type
    return "finished"


@settings(max_examples=100, deadline=None)
@given(
    about=st.text(max_size=200), suffix=st.sampled_from(["py", "json", "csv", "yaml", "xml", "md", "html", "js", "x"])
)
def test_whatever_it_is_about_the_file_is_well_formed(about: str, suffix: str) -> None:
    text = content_of(f"file.{suffix}", about, TaskType.WRITING)
    assert text.endswith("\n")
    text.encode()
    match suffix:
        case "py":
            compile(text, "file.py", "exec")
        case "json":
            json.loads(text)
        case "csv":
            assert len({len(row) for row in csv.reader(io.StringIO(text))}) == 1
        case "yaml":
            assert set(yaml.safe_load(text)) == {"title", "description"}
        case "xml":
            ElementTree.fromstring(text)  # noqa: S314  our own text


def test_the_python_it_writes_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(content_of("a.py", "a greeting", TaskType.CODE), "a.py", "exec"), {"__name__": "__main__"})  # noqa: S102
    assert capsys.readouterr().out == "Hello, world!\n"


@pytest.mark.parametrize("task_type", TaskType, ids=str)
def test_a_document_has_a_title_sections_and_says_that_it_is_a_draft(task_type: TaskType) -> None:
    text = content_of("a.md", "the state of {bees}", task_type)
    assert text.startswith("# State of {bees}\n\n## ")
    assert text.count("\n## ") >= 3
    assert "“the state of {bees}”" in text
    assert "It states no facts." in text


def test_call_ids_never_repeat_over_a_long_conversation() -> None:
    run = Conversation("wait 30 seconds").finish()
    identifiers = [str(item["call_id"]) for item in run.items if item.get("type") == "function_call"]
    assert len(set(identifiers)) == 31


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part", [" ", "\n ", '"', "`", "create ", "a.md ", "and then ", "create the new file ", ". "], ids=repr
)
def test_long_hostile_texts_are_read_quickly(part: str) -> None:
    assert len(read_instructions(part * 20_000, TaskType.CODE)) <= MOST_STEPS
