"""Which variables each domain finds in what people and tools write."""

from __future__ import annotations

from collections.abc import Iterable

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


def wrong(cases: Iterable[tuple[str, str, str]], task_type: TaskType) -> list[tuple[str, str, str | None]]:
    """The cases (text, variable, example) in which something else is found, with what is."""
    each = [(text, name, example, found(text, task_type).get(name)) for text, name, example in cases]
    return [(text, name, got) for text, name, example, got in each if got != example]


CODE = [
    ("Look at src/app.py:10-20.", "file_range", "src/app.py:10-20"),
    ("Fix src/app.py:7", "file_range", "src/app.py:7"),
    ("read lines 5 to 9 of a.ts", "file_range", "lines 5 to 9 of a.ts"),
    ("read_file a.py lines 5 to 9", "file_range", "a.py lines 5 to 9"),
    ("rename `foo` to `bar`", "substitution", "foo -> bar"),
    ("replaces all print with log.info.", "substitution", "print -> log.info"),
    ('replace "a b" by "c d"', "substitution", "a b -> c d"),
    ("change the class Old into New", "substitution", "Old -> New"),
    ("apply s/colour/color/g", "substitution", "colour -> color"),
    ("Create report.md.", "file_name", "report.md"),
    ("(see docs/a-b_c.test.ts)", "file_name", "docs/a-b_c.test.ts"),
    ("build it with the Dockerfile", "file_name", "Dockerfile"),
]


def test_code() -> None:
    assert wrong(CODE, TaskType.CODE) == []


RESEARCH = [
    ("as shown in [1, 3]", "citation", "[1, 3]"),
    ("(Smith et al., 2020) says", "citation", "(Smith et al., 2020)"),
    ("see doi:10.1000/xyz123.", "citation", "doi:10.1000/xyz123"),
    ("see arXiv:2301.00001v2", "citation", "arXiv:2301.00001v2"),
    ("read https://example.org/a/b.", "url", "https://example.org/a/b"),
    ("(https://example.org/a?X-Signature=abc#b)", "url", "https://example.org/a"),
    ('search for "heat pumps"', "query", "heat pumps"),
    ('search_files for "remote" in a/', "query", "remote"),
    ("keywords: solar panel cost", "query", "solar panel cost"),
    ("find it on PubMed", "source", "PubMed"),
    ("according to the Federal Office, it", "source", "Federal Office"),
    ("Research heat pumps and write a.md", "topic", "heat pumps"),
    ("Write about the fall of Rome in 3 pages", "topic", "fall of Rome"),
    ("Topic: tidal energy.", "topic", "tidal energy"),
]


def test_research() -> None:
    assert wrong(RESEARCH, TaskType.RESEARCH) == []


WRITING = [
    ("in a formal tone", "tone", "formal"),
    ("a warm, friendly and witty voice", "tone", "warm, friendly and witty"),
    ("Tone: quietly hopeful.", "tone", "quietly hopeful"),
    ("a post for busy managers", "audience", "busy managers"),
    ("aimed at the young voters of Bern.", "audience", "young voters of Bern"),
    ("Audience: physicists", "audience", "physicists"),
    ("with five short sections", "structure", "five short sections"),
    ("Sections: intro, body, end.", "structure", "intro, body, end"),
    ("about 1,200 words", "word_count", "about 1,200 words"),
    ("a 500-word text", "word_count", "500-word"),
    ("300 to 400 words", "word_count", "300 to 400 words"),
    ("Word limit: 800", "word_count", "800"),
    ("cite in APA 7th", "style_guide", "APA 7th"),
    ("follow Chicago style", "style_guide", "Chicago"),
    ("use the style guide house/style.md", "style_guide", "house/style.md"),
    ("Write a press release", "document_kind", "press release"),
    ("Write an Essay", "document_kind", "Essay"),
]


@pytest.mark.parametrize("task_type", [TaskType.WRITING, TaskType.DOCUMENT_WRITING], ids=lambda task: task.value)
def test_writing(task_type: TaskType) -> None:
    assert wrong(WRITING, task_type) == []


DATA = [
    ("Group by region and sum up", "operation", "Group by"),
    ("normalise the values", "operation", "normalise"),
    ("draw a stacked bar chart", "chart_type", "stacked bar chart"),
    ("a heatmap of it", "chart_type", "heatmap"),
    ("Load data/sales.csv", "dataset", "data/sales.csv"),
    ("use the census dataset", "dataset", "census dataset"),
    ("the column `unit price`", "column", "unit price"),
    ("columns: date, amount and price.", "column", "date, amount and price"),
    ("group by region and product, compute it", "column", "region and product"),
    ("the revenue column", "column", "revenue"),
    ("compute the standard deviation", "statistic", "standard deviation"),
    ("with a p-value", "statistic", "p-value"),
]


def test_data() -> None:
    assert wrong(DATA, TaskType.DATA_ANALYSIS) == []


DOCUMENTS = [
    ("convert it to docx", "format", "docx"),
    ("as a Word document", "format", "Word document"),
    ("convert all markdown files", "batch", "all markdown files"),
    ("split 12 invoices", "batch", "12 invoices"),
    ("convert docs/*.md now", "batch", "docs/*.md"),
    ("with the template letter.dotx", "template", "letter.dotx"),
    ("from my_template.docx", "template", "my_template.docx"),
    ("use our company letterhead", "template", "company letterhead"),
    ("look in docs/in/ first", "folder", "docs/in/"),
    ("into the out folder", "folder", "out"),
    ("a folder called final/pdf", "folder", "final/pdf"),
]


@pytest.mark.parametrize(
    "task_type",
    [TaskType.DOCUMENT_PROCESSING, TaskType.DOCUMENT_WRITING, TaskType.DOCUMENT_ANALYSIS],
    ids=lambda task: task.value,
)
def test_documents(task_type: TaskType) -> None:
    assert wrong(DOCUMENTS, task_type) == []


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
