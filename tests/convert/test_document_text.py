"""One text for each document: every kind is found by a search, with the place that people would look it up by."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import docx
import pypdf
import pytest

from swarm.workspace.document_texts import DocumentText, is_document, validated
from swarm.workspace.searching import matches_in_document
from tests.convert.conftest import Converter
from tests.convert.documents import png, slides, word, workbook

pytestmark = pytest.mark.proof

CONTRACT = """# Loan agreement

## 4 Termination

4.1 Either party may end it.

4.2 The **Bor**rower may terminate.

(a) when a payment is late

# Annex

More words.
"""


@pytest.fixture(scope="session")
def converter(deployed: Converter) -> Converter:
    """The whole function: this is about what it does around a document, too."""
    return deployed


def texts(converter: Converter, files: dict[str, bytes]) -> dict[str, DocumentText]:
    """The texts of these documents, made by one job."""
    calls = [("document_text", {"path": path}) for path in files]
    done = converter.calls(calls, files)
    assert done.files == {}
    found = {}
    for path, content in files.items():
        made: Any = done.texts[hashlib.sha256(content).hexdigest()]
        found[path] = validated(json.dumps(made).encode()).called(path)
    return found


def places_of(text: DocumentText, words: str) -> list[str]:
    def find(line: str) -> tuple[int, int] | None:
        start = line.find(words)
        return (start, start + len(words)) if start >= 0 else None

    return [match.place for match in matches_in_document(find, text)]


@pytest.fixture(scope="module")
def made(converter: Converter) -> dict[str, bytes]:
    """A document of each kind that is made from Markdown."""
    suffixes = ["docx", "odt", "epub", "rtf", "html", "ipynb", "pdf"]
    calls = [("convert_document", {"source": "a.md", "target": f"a.{suffix}"}) for suffix in suffixes]
    return dict(converter.calls(calls, {"a.md": CONTRACT.encode()}).files)


@pytest.fixture(scope="module")
def read(converter: Converter, made: dict[str, bytes]) -> dict[str, DocumentText]:
    others = {
        "a.pptx": slides(),
        "a.xlsx": workbook({"Budget": [["name", "sum"], ["rent", 1200]], "It's all": [["last"]]}),
        "plain.docx": word("First of all", "And then"),
    }
    return texts(converter, {**made, **others})


@pytest.mark.parametrize(
    ("path", "words", "place"),
    [
        pytest.param("a.docx", "Borrower", "clause 4.2", id="docx, clause"),
        pytest.param("a.docx", "when a payment", "clause 4.2(a)", id="docx, lettered part"),
        pytest.param("a.docx", "More words", "heading Annex", id="docx, heading"),
        pytest.param("plain.docx", "And then", "paragraph 2", id="docx, neither"),
        pytest.param("a.odt", "Borrower", "clause 4.2", id="odt"),
        pytest.param("a.epub", "Borrower", "clause 4.2", id="epub"),
        pytest.param("a.rtf", "Borrower", "clause 4.2", id="rtf"),
        pytest.param("a.html", "Borrower", "clause 4.2", id="html"),
        pytest.param("a.ipynb", "Borrower", "clause 4.2", id="ipynb"),
        pytest.param("a.pdf", "Borrower", "page 1", id="pdf"),
        pytest.param("a.pptx", "with a smile", "slide 1", id="pptx, speaker notes"),
        pytest.param("a.pptx", "2026", "slide 2", id="pptx, table"),
        pytest.param("a.xlsx", "1200", "Budget!A2:B2", id="xlsx, row"),
        pytest.param("a.xlsx", "last", "'It''s all'!A1:A1", id="xlsx, sheet with a quote in its name"),
    ],
)
def test_each_kind_is_found_with_its_place(read: dict[str, DocumentText], path: str, words: str, place: str) -> None:
    assert is_document(path)
    assert places_of(read[path], words) == [place]


def test_a_text_knows_its_length(read: dict[str, DocumentText]) -> None:
    assert read["a.pdf"].pages == 1
    assert read["a.pptx"].size.startswith("2 slides, ")
    assert read["plain.docx"].words == 5


def test_numbers_that_word_counts_itself_are_places(converter: Converter) -> None:
    document = docx.Document()
    for text in ("Definitions", "Payment"):
        document.add_paragraph(text, style="List Number")
    out = io.BytesIO()
    document.save(out)
    numbered = texts(converter, {"n.docx": out.getvalue()})["n.docx"]
    assert places_of(numbered, "Payment") == ["clause 2"]


def test_what_has_no_text_says_so(converter: Converter, made: dict[str, bytes]) -> None:
    scan = converter.convert({"a.md": b"![](s.png)", "s.png": png(400, 300)}, "a.md", "a.pdf").files["a.pdf"]
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(scan))
    writer.remove_text()
    out = io.BytesIO()
    writer.write(out)
    locked = pypdf.PdfWriter(clone_from=io.BytesIO(made["a.pdf"]))
    locked.encrypt("secret", algorithm="RC4-128")
    closed = io.BytesIO()
    locked.write(closed)
    found = texts(converter, {"scan.pdf": out.getvalue(), "closed.pdf": closed.getvalue(), "old.doc": b"\xd0\xcf no"})
    assert found["scan.pdf"].gaps == "1 of 1 pages are scans without text: 1"
    assert found["closed.pdf"].problem == "closed.pdf is protected by a password; ask for a copy without one"
    assert found["old.doc"].problem.startswith("old.doc: .doc files cannot be read")


def test_the_same_bytes_give_the_same_text_whatever_their_name(converter: Converter) -> None:
    data = word("Equal")
    done = converter.calls(
        [("document_text", {"path": path}) for path in ("a.docx", "b/c.docx")],
        {
            "a.docx": data,
            "b/c.docx": data,
        },
    )
    assert list(done.texts) == [hashlib.sha256(data).hexdigest()]
    assert "a.docx" not in json.dumps(list(done.texts.values()))
