"""A run of each task type leaves what its name promises: files that open, quotes that are there, scripts that run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import docx
import openpyxl
import pytest
from PIL import Image
from pydantic import JsonValue
from pypdf import PdfReader

from codex_swarm.client import CodexSwarmClient
from codex_swarm.models import RunRead, RunStatus

SALES = """month,region,revenue
2025-01,North,1200
2025-01,South,900
2025-02,North,1350
2025-02,South,1500
"""
CONTRACT = """# Contract

## Term

The contract ends on 31 March 2026.

## Notice

- Either party may give notice of three months, in writing.
"""
MINUTES = "# Minutes\n\nWe met. Nobody spoke of it.\n"
BROKEN_TEST = """import unittest


class SumTest(unittest.TestCase):
    def test_it_adds(self):
        self.assertEqual(1 + 1, 3)
"""

pytestmark = pytest.mark.proof


class Done:
    """A run that has succeeded, and what it left."""

    def __init__(self, client: CodexSwarmClient, run: RunRead) -> None:
        self.run = run
        self.primary = run.machine_summary.primary_artifact if run.machine_summary else None
        self.files = {file.path: client.get_file(run.run_id, file.path) for file in client.iter_files(run.run_id)}
        self.steps = client.get_steps(run.run_id)

    def text(self, path: str) -> str:
        return self.files[path].decode()

    def tools(self) -> list[str | None]:
        return [step.tool_name for step in self.steps if step.role == "tool"]


Finish = Callable[..., Done]


@pytest.fixture
def finish(client: CodexSwarmClient) -> Finish:
    def started(
        task_type: str, instructions: str, files: Mapping[str, str] | None = None, from_run_id: str | None = None
    ) -> Done:
        run = client.start_run("e2e-documents", instructions, task_type, from_run_id=from_run_id, files=files)
        run = client.wait(run.run_id, 90, poll=0.05)
        assert (run.status, run.errors) == (RunStatus.SUCCEEDED, [])
        return Done(client, run)

    return started


def word(content: bytes) -> list[str]:
    """The paragraphs of a Word file."""
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


def pdf(content: bytes) -> str:
    """The text of a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_document_is_written_and_converted(finish: Finish) -> None:
    done = finish("document_writing", "Write a report about the state of the bees as Word and PDF")
    assert done.files.keys() == {"report.md", "report.docx", "report.pdf"}
    assert done.primary == "report.docx"
    assert "Report about the state of the bees" in word(done.files["report.docx"])
    assert "state of the bees" in pdf(done.files["report.pdf"])
    headings = re.findall(r"^## (.+)$", done.text("report.md"), re.MULTILINE)
    assert headings
    assert set(headings) <= set(word(done.files["report.docx"]))


def test_documents_follow_the_house_style_of_their_project(client: CodexSwarmClient) -> None:
    letter = docx.Document()
    letter.sections[0].header.paragraphs[0].text = "Bienen & Co."
    written = io.BytesIO()
    letter.save(written)
    upload = client.upload_files("e2e-style", {"styles/letter.docx": written.getvalue()})
    config: JsonValue = {"language": "de-CH", "reference_document": "styles/letter.docx"}
    client.put_project("e2e-style", domain_config=config)
    asked = "Write a report about the state of the bees as Word and PDF"
    run = client.start_run("e2e-style", asked, "document_writing", uploads=[upload])
    run = client.wait(run.run_id, 90, poll=0.05)
    assert (run.status, run.errors) == (RunStatus.SUCCEEDED, [])
    report = docx.Document(io.BytesIO(client.get_file(run.run_id, "report.docx")))
    assert report.sections[0].header.paragraphs[0].text == "Bienen & Co."
    assert report.core_properties.language == "de-CH"
    made = PdfReader(io.BytesIO(client.get_file(run.run_id, "report.pdf")))
    assert str(made.root_object["/Lang"]).startswith("de")
    assert "Bienen & Co." in made.pages[0].extract_text()


def test_a_document_with_code_is_run_and_converted_in_a_look(finish: Finish) -> None:
    code = "```python exec\nimport csv\nrows = list(csv.DictReader(open('sales.csv')))\n"
    code += "sum(int(row['revenue']) for row in rows)\n```\n"
    asked = "execute report.smd. convert report.smd to docx with the template report"
    done = finish("document_writing", asked, {"report.smd": f"# Sales\n\n{code}", "sales.csv": SALES})
    assert "```output\n4950\n```" in done.text("report.smd")
    assert word(done.files["report.docx"])[-1] == "4950"
    styles: Any = docx.Document(io.BytesIO(done.files["report.docx"])).styles
    assert styles["Normal"].font.name == "Georgia"
    assert done.tools() == ["run_document", "convert_document"]


def test_a_text_is_written(finish: Finish) -> None:
    done = finish("writing", "Write an essay about the sea")
    assert (done.primary, [*done.files]) == ("essay.md", ["essay.md"])
    assert done.text("essay.md").startswith("# ")


def test_documents_are_read_to_the_end_and_quoted_with_their_place(finish: Finish) -> None:
    made = finish("document_processing", "convert contract.md to docx and pdf", {"contract.md": CONTRACT})
    assert made.primary == "contract.docx"
    edited = finish("code", "Replace 31 March by 30 April in contract.docx", from_run_id=made.run.run_id)
    assert edited.tools().count("edit_document") == 1
    assert "The contract ends on 30 April 2026." in word(edited.files["contract.docx"])
    files = {"notes/minutes.md": MINUTES}
    question = "Which notice can either party give, and is there a penalty?"
    done = finish("document_analysis", question, files, from_run_id=made.run.run_id)
    assert done.primary == "findings.md"
    assert done.tools().count("read_document") == 2
    found = done.text("findings.md")
    for place in ("contract.md:9", "contract.pdf, page 1", "contract.docx, under “Notice”"):
        assert f"> Either party may give notice of three months, in writing.\n\n{place}\n" in found
    assert "### notes/minutes.md [4] has none of the words" in found
    assert "“penalty”: searched for in 4 documents, not found" in found
    assert "4. notes/minutes.md, 3 lines read" in found


def test_a_folder_is_converted_and_reported(finish: Finish) -> None:
    files = {"in/a.md": CONTRACT, "in/deep/b.md": MINUTES, "in/broken.docx": "no Word file", "table.csv": SALES}
    done = finish("document_processing", "Convert all markdown files to docx. convert all in/*.docx to md", files)
    assert "The contract ends on 31 March 2026." in word(done.files["in/a.docx"])
    assert "We met. Nobody spoke of it." in word(done.files["in/deep/b.docx"])
    report = done.text("conversion-report.md")
    assert "5 conversions: 4 done, 1 failed." in report
    assert re.search(r"^\| in/a\.md \| in/a\.docx \| done \|", report, re.MULTILINE)
    assert re.search(r"^- in/broken\.docx: in/broken\.docx", report, re.MULTILINE)
    assert done.primary == "in/a.docx"


def test_a_table_becomes_a_workbook(finish: Finish) -> None:
    done = finish("document_processing", "convert table.csv to Excel", {"table.csv": SALES})
    [sheet] = openpyxl.load_workbook(io.BytesIO(done.files["table.xlsx"])).worksheets
    assert [[cell.value for cell in row] for row in sheet.iter_rows(max_row=2)] == [
        ["month", "region", "revenue"],
        ["2025-01", "North", 1200],
    ]


@pytest.mark.parametrize("given", [True, False], ids=["data", "no data"])
def test_data_becomes_findings_a_chart_and_a_script_that_makes_them_again(finish: Finish, given: bool) -> None:
    files = {"data/sales.csv": SALES} if given else None
    done = finish("data_analysis", "Which region has the most revenue? Show it as PDF too", files)
    source = "data/sales.csv" if given else "sample.csv"
    assert done.files.keys() == {source, "analysis.py", "chart.png", "findings.md", "findings.pdf", "results.csv"}
    assert done.primary == "findings.pdf"
    with Image.open(io.BytesIO(done.files["chart.png"])) as chart:
        assert (chart.format, chart.size) == ("PNG", (1200, 675))
    found = done.text("findings.md")
    results = [*csv.DictReader(io.StringIO(done.text("results.csv")))]
    assert results[0]["region"] == "North"
    if given:
        assert "North has the most revenue: 2,550 (52 % of 4,950); n = 4 rows of data/sales.csv." in found
        assert done.text(source) == SALES
    assert ("made-up sample data" in found) is not given
    assert "North has the most revenue" in pdf(done.files["findings.pdf"])
    if given:
        rerun = "run `rm findings.md chart.png && python3 analysis.py`"
        again = finish("data_analysis", rerun, from_run_id=done.run.run_id)
        assert again.files["findings.md"] == done.files["findings.md"]
        assert again.files["chart.png"] == done.files["chart.png"]


def test_research_cites_the_files_that_it_has(finish: Finish) -> None:
    done = finish("research", "How long is the notice?", {"contract.md": CONTRACT})
    assert done.primary == "research_report.md"
    assert "### contract.md [1]" in done.text("research_report.md")
    assert "contract.md:9" in done.text("research_report.md")


def test_code_is_written_with_a_test_and_run(finish: Finish) -> None:
    done = finish("code", "A program that prints a greeting, with unit tests")
    assert done.primary == "main.py"
    assert [*done.files] == ["main.py", "test_main.py"]
    outputs = [step.content for step in done.steps if step.tool_name == "run_command"]
    assert "Ran 1 test" in outputs[0]
    assert outputs[1] == "Hello, world!\n"


def test_a_failing_test_is_run_and_reported(finish: Finish) -> None:
    done = finish("code", "Fix the failing test", {"tests/test_sum.py": BROKEN_TEST, "tests/__init__.py": ""})
    report = done.text("test-report.md")
    assert "## failed: `python3 -m unittest discover -v -s 'tests' -p 'test_*.py'`" in report
    assert "AssertionError: 2 != 3" in report
    assert [step.outcome_ok for step in done.steps if step.tool_name == "run_command"] == [False]
