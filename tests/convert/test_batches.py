"""Many files in one job: each has its result, in order, and a bad one harms no other."""

from __future__ import annotations

import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import png, word


@pytest.fixture(scope="session")
def converter(deployed: Converter) -> Converter:
    """The whole function: this is about what it does around a document, too."""
    return deployed


@pytest.mark.proof
def test_broken_files_fail_alone_and_the_order_is_kept(converter: Converter) -> None:
    files = {f"in/{number:02}.docx": word(f"letter {number}") for number in range(8)}
    broken = {"in/03.docx": b"PK\x03\x04 cut off", "in/07.docx": b"", "in/05.docx": word("x")[:-400]}
    calls = [("convert_document", {"source": path, "target": f"out/{path[3:5]}.md"}) for path in files]
    done = converter.calls(calls, {**files, **broken})
    assert [result["call_id"] for result in done.results] == [f"call_{number}" for number in range(1, 9)]
    failed = [f"in/{number:02}.docx" for number, result in enumerate(done.results) if not result["ok"]]
    assert failed == sorted(broken)
    for number, result in enumerate(done.results):
        path = f"out/{number:02}.md"
        if result["ok"]:
            assert result["files"] == [path]
            assert done.files[path] == f"letter {number}\n".encode()
        else:
            assert f"in/{number:02}.docx is {'empty' if number == 7 else 'damaged'}" in result["output"]
            assert path not in done.files
    assert done.deleted == []


def test_a_later_call_finds_what_an_earlier_one_made(converter: Converter) -> None:
    calls = [
        ("convert_document", {"source": "a.md", "target": "a.docx"}),
        ("convert_document", {"source": "a.docx", "target": "b.txt"}),
        ("read_document", {"path": "b.txt"}),
    ]
    done = converter.calls(calls, {"a.md": b"# Head\n\nbody\n"})
    assert "body" in done.result("call_3")["output"]


def test_an_existing_target_is_replaced(converter: Converter) -> None:
    done = converter.convert({"a.md": b"new", "b.html": b"old"}, "a.md", "b.html")
    assert b"new" in done.files["b.html"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"source": "gone.md", "target": "a.docx"}, "there is no file gone.md"),
        ({"source": "a.md", "target": "a.md"}, "give the target another name"),
        ({"source": "a.md", "target": "a.exe"}, "no document format is known by the suffix '.exe'"),
        ({"source": "a.md", "target": "../a.docx"}, "target: the path has"),
        ({"source": "a.md", "target": "a.pdf/b.docx"}, "the target cannot be written"),
        ({"source": "a.md", "target": "folder.md/../x.docx"}, "target: the path has"),
        ({"source": "b/folder.md/x.md", "target": "b/folder.md"}, "the target cannot be written"),
        ({"source": "/etc/passwd", "target": "a.docx"}, "source: the path is absolute"),
        ({"source": "a.md"}, "target is not a path"),
        ({"source": ["a.md"], "target": "a.docx"}, "source is not a path"),
        ({"source": "a.md", "target": "a.docx", "title": 7}, "title is not a text"),
        ({"source": "a.md", "target": "a.html", "reference_document": "r.docx"}, "a target of its own format"),
        ({"source": "a.md", "target": "a.docx", "citation_style": "s.csl"}, "needs a bibliography"),
        ({"source": "a.md", "target": "a.docx", "bibliography": "a.md"}, "is no bibliography"),
        ({"source": "a.pdf", "target": "a.docx"}, "only the text can be taken"),
        ({"source": "a.tex", "target": "b.docx"}, "Error at"),
        ({"source": "a.ipynb", "target": "b.md"}, "pandoc cannot convert it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_call_that_cannot_be_done_says_how_to_mend_it(
    converter: Converter, arguments: dict[str, object], said: str
) -> None:
    files = {
        "a.md": b"text",
        "a.pdf": b"%PDF",
        "a.tex": b"\\begin{itemize} text \\end{b} {",
        "a.ipynb": b"{]",
        "b/folder.md/x.md": b"text",
    }
    done = converter.calls([("convert_document", arguments)], files)
    assert not done.result()["ok"]
    assert done.output.startswith("error: ")
    assert said in done.output
    assert done.files == {}


def test_an_unknown_tool_is_a_result(converter: Converter) -> None:
    assert "there is no tool 'run_command' here" in converter.calls([("run_command", {"command": "id"})], {}).output


def test_a_picture_is_no_document(converter: Converter) -> None:
    assert "no document format" in converter.refused({"a.png": png()}, "a.png", "a.pdf")
