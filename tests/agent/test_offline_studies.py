"""What the offline model makes of prose: it looks first, works with what is there, and reports what came of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codex_swarm.models import TaskType
from swarm.agent.model import ToolSpec
from swarm.agent.offline.conversion_report import conversion_report
from swarm.agent.offline.data_study import SAMPLE_NOTE, analysis_script
from swarm.agent.offline.document_study import MOST_DOCUMENTS, MOST_PARTS
from swarm.agent.offline.quotations import keywords, lines_of_document, lines_of_text, quoted
from tests.agent.test_offline import ELSEWHERE, READ_DOCUMENT, Conversation, hostile

CONTRACT = "# Contract\n\nIt ends on 31 March.\n\n- Notice of three months | in writing.\n"
SALES = "month,region,revenue\n1,North,10\n2,South,30\n"


def study(
    text: str,
    task_type: TaskType,
    *,
    files: Mapping[str, str] | None = None,
    answers: Mapping[str, Callable[..., str]] | None = None,
) -> Conversation:
    """A run with every tool; `files` are there, `answers` come from elsewhere."""
    return Conversation(text, task_type, ELSEWHERE, files, answers).finish()


def test_the_data_that_is_asked_about_is_analysed() -> None:
    files = {"a.csv": SALES, "b/sales.csv": SALES, "notes.md": ""}
    run = study("Analyse sales.csv by region", TaskType.DATA_ANALYSIS, files=files)
    assert "SOURCE = 'b/sales.csv'" in run.text("analysis.py")
    assert [call["command"] for call in run.asked("run_command")] == ["python3 analysis.py"]
    assert run.summary is not None
    assert "findings.md" in run.summary


def test_without_data_it_makes_some_up_and_says_so() -> None:
    run = study("Which month was best?", TaskType.DATA_ANALYSIS)
    assert run.workspace.paths() == ["analysis.py", "sample.csv"]
    assert SAMPLE_NOTE in run.text("analysis.py")
    assert SAMPLE_NOTE in str(run.summary)


@pytest.mark.parametrize(
    "said", ["error: exit code 1\nNo module named 'pandas'", "[not executed: this installation skips commands]"]
)
def test_a_script_that_did_not_run_leaves_no_findings(said: str) -> None:
    run = study("Which month was best?", TaskType.DATA_ANALYSIS, answers={"run_command": lambda **_: said})
    assert said in run.text("findings.md")
    assert "There are none" in run.text("findings.md")
    assert "gave no result" in str(run.summary)
    assert run.asked("convert_document") == []


def test_findings_are_converted_where_that_is_asked_for() -> None:
    run = study("Which month was best? As PDF", TaskType.DATA_ANALYSIS)
    assert [call["target"] for call in run.asked("convert_document")] == ["findings.pdf"]
    assert "Also as findings.pdf." in str(run.summary)


TABLES = {
    "numbers and groups": SALES,
    "semicolons": SALES.replace(",", ";"),
    "numbers only": "a,b\n1,2\n3,4\n",
    "words only": "name\nx\ny\nx\n",
    "gaps": "k,v\na,\n,2\nb,3\n",
    "negative": "k,v\na,-5\nb,3\n",
    "Latin-1": "k,v\nM\xfcnchen,3\nK\xf6ln,2\n",
    "marks that mean something": "k|x,v\n$a$_b,1\nc|d,2\n",
}


@pytest.mark.proof
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_script_stands_any_table(table: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(table.encode("latin-1"))
    (tmp_path / "analysis.py").write_text(analysis_script("t.csv", 'It\'s "quoted" \\ ${x}', ""), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "analysis.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "findings.md").read_text().startswith("# Findings\n")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "results.csv").read_text().count("\n") >= 2


def test_a_document_is_quoted_word_for_word_with_its_line() -> None:
    run = study("When does it end, and with which notice?", TaskType.DOCUMENT_ANALYSIS, files={"c.md": CONTRACT})
    found = run.text("findings.md")
    assert "> Notice of three months | in writing.\n\nc.md:5\n" in found
    assert "### c.md [1]" in found


def pages(path: str, start_page: int | None) -> str:
    page = start_page or 1
    more = f"[pages {page + 1} to 3 are not shown; go on with start_page {page + 1}]" if page < 3 else ""
    return f"[{path}: pdf, 3 pages]\n--- page {page} of 3 ---\nThe penalty of page {page}\n{more}"


def test_a_document_that_comes_in_parts_is_read_to_its_end() -> None:
    files = {"c.pdf": "%PDF"}
    run = study("Which penalty?", TaskType.DOCUMENT_ANALYSIS, files=files, answers={"read_document": pages})
    assert [call["start_page"] for call in run.asked("read_document")] == [None, 2, 3]
    assert "> The penalty of page 3\n\nc.pdf, page 3\n" in run.text("findings.md")


def test_a_document_without_end_is_left_at_some_point() -> None:
    run = study(
        "Which penalty?",
        TaskType.DOCUMENT_ANALYSIS,
        files={"c.pdf": "%PDF"},
        answers={"read_document": lambda start_page, **_: f"[x]\n[go on with start_page {(start_page or 1) + 1}]"},
    )
    assert len(run.asked("read_document")) == MOST_PARTS


def test_a_long_text_is_read_where_it_was_left_out() -> None:
    text = "".join(f"line {number} of many\n" for number in range(1, 4_001)).replace("line 2000 of", "penalty of")
    run = study("Which penalty?", TaskType.DOCUMENT_ANALYSIS, files={"long.txt": text})
    assert "> penalty of many\n\nlong.txt:2000\n" in run.text("findings.md")
    assert "1. long.txt, 4000 lines read" in run.text("findings.md")


@pytest.mark.parametrize(
    ("files", "extra", "reason"),
    [
        ({"c.pdf": "x"}, (), "documents of this format cannot be read in this installation"),
        ({"c.pdf": "x"}, (READ_DOCUMENT,), "c.pdf is damaged"),
        ({"c.txt": "a\0b"}, (), "is not text"),
        ({"c.txt": ""}, (), "is empty"),
    ],
    ids=["no tool", "damaged", "binary", "empty"],
)
def test_what_cannot_be_read_is_named(files: dict[str, str], extra: tuple[ToolSpec, ...], reason: str) -> None:
    answers = {"read_document": lambda path, **_: f"error: {path} is damaged"}
    run = Conversation("Which penalty?", TaskType.DOCUMENT_ANALYSIS, extra, files, answers).finish()
    assert reason in run.text("findings.md")
    assert "not read" in str(run.summary)


def test_what_no_document_says_is_a_finding() -> None:
    run = study("Is there a penalty for notice?", TaskType.DOCUMENT_ANALYSIS, files={"c.md": CONTRACT, "d.md": "Hm.\n"})
    assert "- “penalty”: searched for in 2 documents, not found" in run.text("findings.md")
    assert "### d.md [2] has none of the words; it begins:\n\n> Hm.\n\nd.md:1" in run.text("findings.md")


def test_so_many_documents_are_read_and_no_more() -> None:
    files = {f"{number:02}.md": "x\n" for number in range(30)}
    assert len(study("What?", TaskType.DOCUMENT_ANALYSIS, files=files).asked("read_file")) == MOST_DOCUMENTS


def test_only_the_documents_that_are_named_are_read() -> None:
    files = {"a/b.md": CONTRACT, "c.md": CONTRACT}
    run = study("Which notice does the contract in b.md ask for?", TaskType.RESEARCH, files=files)
    assert [call["path"] for call in run.asked("read_file")] == ["a/b.md"]
    assert "a/b.md:5" in run.text("research_report.md")


def converted(pattern: str, **_: object) -> str:
    return (
        "2 of 3 done, 1 failed.\n- ok: wrote a.docx from a.md: 10 bytes note: x | y\n"
        "- failed: b.md is damaged\n- ok: wrote c.docx from c.md: 9 bytes"
    )


def test_a_batch_ends_with_a_report() -> None:
    answers = {"convert_documents": converted}
    run = study("convert all markdown files to docx", TaskType.DOCUMENT_PROCESSING, answers=answers)
    report = run.text("conversion-report.md")
    assert "3 conversions: 2 done, 1 failed." in report
    assert (
        "| a.md | a.docx | done | 10 bytes note: x \\| y |\n| b.md |  | failed | b.md is damaged |\n| c.md |" in report
    )
    assert "- b.md: b.md is damaged\n" in report


@pytest.mark.parametrize(
    ("text", "task_type", "extra"),
    [
        ("convert all files to pdf", TaskType.CODE, ELSEWHERE),
        ("convert a.md to docx and pdf", TaskType.DOCUMENT_PROCESSING, ELSEWHERE),
        ("convert all files to pdf. create report.md about it", TaskType.DOCUMENT_PROCESSING, ELSEWHERE),
        ("convert all files to pdf", TaskType.DOCUMENT_PROCESSING, ()),
    ],
    ids=["another task", "one file", "a report of one's own", "no tool"],
)
def test_no_report_that_nobody_needs(text: str, task_type: TaskType, extra: tuple[ToolSpec, ...]) -> None:
    run = Conversation(text, task_type, extra).finish()
    assert "conversion-report.md" not in run.workspace.paths()


def test_single_conversions_are_reported_too() -> None:
    answers = {
        "convert_document": lambda source, **_: "error: no" if source == "b.md" else f"wrote x from {source}: 5 bytes"
    }
    run = study("convert a.md and b.md to pdf", TaskType.DOCUMENT_PROCESSING, answers=answers)
    assert "| a.md | a.pdf | done | 5 bytes |\n| b.md |  | failed | no |" in run.text("conversion-report.md")


def test_nothing_to_convert_is_reported() -> None:
    assert "0 conversions" in conversion_report([])


def test_code_with_tests_is_tested() -> None:
    files = {"pkg/test_a.py": "", "pkg/b_test.py": "", "main.py": "x = 1\n"}
    answers = {"run_command": lambda command, **_: "error: exit code 1\nFAILED" if "test_*" in command else "OK"}
    run = study("Fix the bug", TaskType.CODE, files=files, answers=answers)
    assert len(run.asked("run_command")) == 2
    report = run.text("test-report.md")
    assert (
        "## failed: `python3 -m unittest discover -v -s 'pkg' -p 'test_*.py'`" in report,
        "## passed" in report,
    ) == (
        True,
        True,
    )
    assert run.text("main.py") == "x = 1\n"
    assert "1 of 2 commands passed" in str(run.summary)


def test_code_without_tests_gets_one_and_writes_over_nothing() -> None:
    run = study("A greeting, tested", TaskType.CODE, files={"main.py": "x = 1\n"})
    assert run.workspace.paths() == ["example.py", "main.py", "test_example.py"]
    compile(run.text("test_example.py"), "test_example.py", "exec")


@pytest.mark.parametrize("task_type", TaskType, ids=str)
def test_a_study_is_the_same_whoever_goes_on_with_it(task_type: TaskType) -> None:
    run = Conversation("Test what the notice is, as Word", task_type, ELSEWHERE, {"c.md": CONTRACT, "s.csv": SALES})
    while run.summary is None:
        assert run.respond() == run.respond()
        run.turn()
    identifiers = [item["call_id"] for item in run.items if item.get("type") == "function_call"]
    assert len(set(identifiers)) == len(identifiers) < 20


@pytest.mark.proof
@settings(max_examples=100, deadline=None)
@given(text=hostile, output=st.text(max_size=200), task_type=st.sampled_from(TaskType), content=st.text(max_size=200))
def test_any_text_file_and_output_come_to_an_end(text: str, output: str, task_type: TaskType, content: str) -> None:
    if "fail" in text.lower() or "wait" in text.lower():
        return
    answers = dict.fromkeys(
        ("run_command", "convert_document", "convert_documents", "read_document"), lambda **_: output
    )
    files = {"a.md": content.encode("utf-8", "replace").decode(), "b.pdf": "x", "c.csv": "x"}
    run = Conversation(text, task_type, ELSEWHERE, files, answers).finish()
    assert run.summary is not None


def test_places_of_lines_and_pages() -> None:
    gap = "[... lines 4 to 7 left out; read from start_line 4 to end_line 7 ...]"
    text = f"[a.md, lines 3 to 9 of 20]\nthree\n{gap}\neight"
    assert [(passage.text, passage.place) for passage in lines_of_text("a.md", text)] == [
        ("three", "a.md:3"),
        ("eight", "a.md:8"),
    ]
    document = "[a.docx]\ntitle: x\n# One {#one}\ntext\n--- page 2 of 3 ---\nlast"
    assert [(passage.text, passage.place) for passage in lines_of_document("a.docx", document)] == [
        ("title: x", "a.docx"),
        ("One", "a.docx, under “One”"),
        ("text", "a.docx, under “One”"),
        ("last", "a.docx, page 2"),
    ]


def test_a_long_quotation_is_still_word_for_word() -> None:
    [passage] = lines_of_text("a", f"- {'word ' * 100}")
    assert quoted(passage) in passage.text
    assert len(quoted(passage)) <= 240


def test_words_of_the_question_that_say_nothing_are_left_out() -> None:
    assert keywords("Which documents say what about the notice period?") == ["notice", "period"]
