"""Which variables each domain finds in what people and tools write."""

from __future__ import annotations

import pytest

from codex_swarm.models import TaskType
from swarm.patterns.domains import KINDS
from swarm.patterns.variables import (
    MAX_EXAMPLE,
    MAX_OF_A_KIND,
    MAX_READ,
    MAX_VARIABLES,
    variables_in,
)


def found(text: str, task_type: TaskType) -> dict[str, str]:
    return {name: variable.example for name, variable in variables_in([text], task_type).items()}


@pytest.mark.parametrize(
    "text, name, example",
    [
        pytest.param("Look at src/app.py:10-20.", "file_range", "src/app.py:10-20", id="path and lines"),
        pytest.param("Fix src/app.py:7", "file_range", "src/app.py:7", id="path and line"),
        pytest.param("read lines 5 to 9 of a.ts", "file_range", "lines 5 to 9 of a.ts", id="lines of a file"),
        pytest.param("read_file a.py lines 5 to 9", "file_range", "a.py lines 5 to 9", id="a file's lines"),
        pytest.param("rename `foo` to `bar`", "substitution", "foo -> bar", id="rename"),
        pytest.param("replaces all print with log.info.", "substitution", "print -> log.info", id="replace"),
        pytest.param('replace "a b" by "c d"', "substitution", "a b -> c d", id="replace phrases"),
        pytest.param("change the class Old into New", "substitution", "Old -> New", id="change a class"),
        pytest.param("apply s/colour/color/g", "substitution", "colour -> color", id="sed"),
        pytest.param("Create report.md.", "file_name", "report.md", id="name before a full stop"),
        pytest.param("(see docs/a-b_c.test.ts)", "file_name", "docs/a-b_c.test.ts", id="path in brackets"),
        pytest.param("build it with the Dockerfile", "file_name", "Dockerfile", id="name without suffix"),
    ],
)
def test_code(text: str, name: str, example: str) -> None:
    assert found(text, TaskType.CODE)[name] == example


@pytest.mark.parametrize(
    "text, name, example",
    [
        pytest.param("as shown in [1, 3]", "citation", "[1, 3]", id="numbered"),
        pytest.param("(Smith et al., 2020) says", "citation", "(Smith et al., 2020)", id="author and year"),
        pytest.param("see doi:10.1000/xyz123.", "citation", "doi:10.1000/xyz123", id="doi"),
        pytest.param("see arXiv:2301.00001v2", "citation", "arXiv:2301.00001v2", id="arxiv"),
        pytest.param("read https://example.org/a/b.", "url", "https://example.org/a/b", id="url"),
        pytest.param(
            "(https://example.org/a?X-Signature=abc#b)", "url", "https://example.org/a", id="url without its query"
        ),
        pytest.param('search for "heat pumps"', "query", "heat pumps", id="search"),
        pytest.param('search_files for "remote" in a/', "query", "remote", id="search tool"),
        pytest.param("keywords: solar panel cost", "query", "solar panel cost", id="keywords"),
        pytest.param("find it on PubMed", "source", "PubMed", id="known source"),
        pytest.param("according to the Federal Office, it", "source", "Federal Office", id="named source"),
        pytest.param("Research heat pumps and write a.md", "topic", "heat pumps", id="research"),
        pytest.param("Write about the fall of Rome in 3 pages", "topic", "fall of Rome", id="about"),
        pytest.param("Topic: tidal energy.", "topic", "tidal energy", id="label"),
    ],
)
def test_research(text: str, name: str, example: str) -> None:
    assert found(text, TaskType.RESEARCH)[name] == example


@pytest.mark.parametrize(
    "text, name, example",
    [
        pytest.param("in a formal tone", "tone", "formal", id="one adjective"),
        pytest.param("a warm, friendly and witty voice", "tone", "warm, friendly and witty", id="three"),
        pytest.param("Tone: quietly hopeful.", "tone", "quietly hopeful", id="label"),
        pytest.param("a post for busy managers", "audience", "busy managers", id="for"),
        pytest.param("aimed at the young voters of Bern.", "audience", "young voters of Bern", id="aimed at"),
        pytest.param("Audience: physicists", "audience", "physicists", id="audience label"),
        pytest.param("with five short sections", "structure", "five short sections", id="count of parts"),
        pytest.param("Sections: intro, body, end.", "structure", "intro, body, end", id="named parts"),
        pytest.param("about 1,200 words", "word_count", "about 1,200 words", id="about so many"),
        pytest.param("a 500-word text", "word_count", "500-word", id="hyphen"),
        pytest.param("300 to 400 words", "word_count", "300 to 400 words", id="range of words"),
        pytest.param("Word limit: 800", "word_count", "800", id="limit"),
        pytest.param("cite in APA 7th", "style_guide", "APA 7th", id="apa"),
        pytest.param("follow Chicago style", "style_guide", "Chicago", id="chicago"),
        pytest.param("use the style guide house/style.md", "style_guide", "house/style.md", id="guide's file"),
        pytest.param("Write a press release", "document_kind", "press release", id="two words"),
        pytest.param("Write an Essay", "document_kind", "Essay", id="capital"),
    ],
)
@pytest.mark.parametrize("task_type", [TaskType.WRITING, TaskType.DOCUMENT_WRITING], ids=lambda task: task.value)
def test_writing(text: str, name: str, example: str, task_type: TaskType) -> None:
    assert found(text, task_type)[name] == example


@pytest.mark.parametrize(
    "text, name, example",
    [
        pytest.param("Group by region and sum up", "operation", "Group by", id="group"),
        pytest.param("normalise the values", "operation", "normalise", id="normalise"),
        pytest.param("draw a stacked bar chart", "chart_type", "stacked bar chart", id="stacked bar"),
        pytest.param("a heatmap of it", "chart_type", "heatmap", id="heatmap"),
        pytest.param("Load data/sales.csv", "dataset", "data/sales.csv", id="file"),
        pytest.param("use the census dataset", "dataset", "census dataset", id="named"),
        pytest.param("the column `unit price`", "column", "unit price", id="quoted column"),
        pytest.param("columns: date, amount and price.", "column", "date, amount and price", id="list"),
        pytest.param("group by region and product, compute it", "column", "region and product", id="grouped"),
        pytest.param("the revenue column", "column", "revenue", id="before the word"),
        pytest.param("compute the standard deviation", "statistic", "standard deviation", id="deviation"),
        pytest.param("with a p-value", "statistic", "p-value", id="p"),
    ],
)
def test_data(text: str, name: str, example: str) -> None:
    assert found(text, TaskType.DATA_ANALYSIS)[name] == example


@pytest.mark.parametrize(
    "text, name, example",
    [
        pytest.param("convert it to docx", "format", "docx", id="format"),
        pytest.param("as a Word document", "format", "Word document", id="format in words"),
        pytest.param("convert all markdown files", "batch", "all markdown files", id="all"),
        pytest.param("split 12 invoices", "batch", "12 invoices", id="count"),
        pytest.param("convert docs/*.md now", "batch", "docs/*.md", id="glob"),
        pytest.param("with the template letter.dotx", "template", "letter.dotx", id="template file"),
        pytest.param("from my_template.docx", "template", "my_template.docx", id="named after it"),
        pytest.param("use our company letterhead", "template", "company letterhead", id="letterhead"),
        pytest.param("look in docs/in/ first", "folder", "docs/in/", id="path of a folder"),
        pytest.param("into the out folder", "folder", "out", id="folder by name"),
        pytest.param("a folder called final/pdf", "folder", "final/pdf", id="called"),
    ],
)
@pytest.mark.parametrize(
    "task_type",
    [TaskType.DOCUMENT_PROCESSING, TaskType.DOCUMENT_WRITING, TaskType.DOCUMENT_ANALYSIS],
    ids=lambda task: task.value,
)
def test_documents(text: str, name: str, example: str, task_type: TaskType) -> None:
    assert found(text, task_type)[name] == example


@pytest.mark.parametrize(
    "text, name, task_type",
    [
        pytest.param("Replace the old greeting with a new one", "substitution", TaskType.CODE, id="vague wish"),
        pytest.param("e.g. example.com, v1.2", "file_name", TaskType.CODE, id="dots that are no suffix"),
        pytest.param("https://user:hunter2@example.org/a", "url", TaskType.RESEARCH, id="password in an address"),
        pytest.param("change the tone", "tone", TaskType.WRITING, id="no adjective"),
        pytest.param("the whole dataset", "dataset", TaskType.DATA_ANALYSIS, id="dataset without a name"),
        pytest.param("in the same folder", "folder", TaskType.DOCUMENT_PROCESSING, id="folder without a name"),
        pytest.param("save as a.docx", "format", TaskType.DOCUMENT_PROCESSING, id="suffix of a file"),
    ],
)
def test_what_names_nothing_is_no_variable(text: str, name: str, task_type: TaskType) -> None:
    assert name not in found(text, task_type)


def test_every_task_type_has_its_kinds() -> None:
    assert set(KINDS) == set(TaskType)
    assert all(kind.type and kind.expressions for kinds in KINDS.values() for kind in kinds)


def test_values_are_distinct_and_few_and_the_first_of_each_kind_come_first() -> None:
    text = "Edit a.py, A.PY, b.py, c.py and d.py; rename x to y"
    assert list(found(text, TaskType.CODE).items()) == [
        ("substitution", "x -> y"),
        ("file_name", "a.py"),
        ("file_name_2", "b.py"),
        ("file_name_3", "c.py"),
    ]


def test_there_are_at_most_so_many_variables() -> None:
    text = (
        "Articles, essays and poems; formal tone, witty voice, dry manner; for children, for experts, for parents;"
        " 100 words, 200 words, 300 words; two parts, three parts, four parts; APA, MLA, Oxford style."
    )
    names = list(found(text, TaskType.WRITING))
    assert len(names) == MAX_VARIABLES
    assert sum(name.startswith("audience") for name in names) <= MAX_OF_A_KIND


def test_an_example_is_short() -> None:
    example = found(f"Sections: {'introduction and more ' * 20}", TaskType.WRITING)["structure"]
    assert len(example) <= MAX_EXAMPLE


def test_only_the_beginning_of_a_text_is_searched() -> None:
    assert found("x " * MAX_READ + "a.py", TaskType.CODE) == {}


HOSTILE = (
    "a a- a. a/ - * a* [1, ' \" ` 1,  http:// 10.1000/ a'\" (A&A Ab_c- é for_a_ replace_a_ replace_the_a_with_"
    " about_a_ column_a,_ group_by_a_and_ all_the_a.a_ template_ search_for_ formal,_ folder_a/ s/a/b_ 1_"
).split()


@pytest.mark.timeout(20)
@pytest.mark.parametrize("task_type", TaskType, ids=lambda task: task.value)
def test_hostile_text_takes_no_long_time(task_type: TaskType) -> None:
    for seed in HOSTILE:
        variables_in([seed.replace("_", " ") * 64_000], task_type)
