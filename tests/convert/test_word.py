"""Word files as people have them: tracked changes decided either way, numbers as Word shows them, strict files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

import docx
import pytest

from convert.inventory import Content, Item, lost, notes
from tests.convert.conftest import Converter
from tests.convert.documents import WORD_NAMESPACES, docx_of, rezipped, word
from tests.convert.kinds.word import FAMILY, cell, paragraph, run

_BY = 'w:author="Ann" w:date="2026-01-01T00:00:00Z"'

_CHANGED = (
    f"<w:p>{run('Pay ')}<w:del w:id='1' {_BY}><w:r><w:delText>10,000</w:delText></w:r></w:del>"
    f"<w:ins w:id='2' w:author='Bob' w:date='2026-01-01T00:00:00Z'>{run('25,000')}</w:ins>{run(' now.')}</w:p>"
    f"<w:p><w:moveFrom w:id='3' {_BY}>{run('Earlier place.')}</w:moveFrom></w:p>"
    f"<w:p><w:pPr><w:rPr><w:del w:id='4' {_BY}/></w:rPr></w:pPr>{run('First half,')}</w:p>{paragraph(' second half.')}"
    f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr>{cell(paragraph('Kept row'))}</w:tr>"
    f"<w:tr><w:trPr><w:ins w:id='5' {_BY}/></w:trPr>{cell(paragraph('New row'))}</w:tr>"
    f"<w:tr><w:trPr><w:del w:id='6' {_BY}/></w:trPr>{cell(paragraph('Old row'))}</w:tr></w:tbl>"
    f"<w:p><w:moveTo w:id='7' {_BY}>{run('Later place.')}</w:moveTo></w:p>"
    f"<w:p><w:pPr><w:pStyle w:val='Heading1'/><w:pPrChange w:id='8' {_BY}><w:pPr/></w:pPrChange></w:pPr>"
    f"{run('Raised')}</w:p>"
)


@pytest.mark.parametrize(
    "changes, there, gone",
    [
        ("accept", ["Pay 25,000 now.", "First half, second half.", "New row", "Later place.", "# Raised"],
         ["10,000", "Old row", "Earlier place.\n"]),
        ("reject",
         ["Pay 10,000 now.", "First half,\n\nsecond half.", "Old row", "Earlier place.", "\nRaised"],
         ["25,000", "New row", "Later place.\n", "# Raised"]),
        ("all",
         ["Pay {--10,000--}{++25,000++} now.", "{--Earlier place.--}", "{++Later place.++}", "New row", "Old row"],
         []),
    ],
    ids=["accept", "reject", "all"],
)  # fmt: skip
def test_tracked_changes_are_decided_as_asked_and_told(
    changes: str, there: list[str], gone: list[str], converter: Converter
) -> None:
    shown = converter.read({"a.docx": docx_of(_CHANGED)}, "a.docx", changes=changes)
    text = "\n".join(line for line in shown.splitlines() if not line.startswith("note: "))
    assert [words for words in there if words not in text] == []
    assert [words for words in gone if words in text] == []
    assert "3 deletions, 1 move, 1 insertion, 1 change of formatting by Ann; 1 insertion by Bob" in shown


def test_a_conversion_accepts_and_says_what_that_took(converter: Converter) -> None:
    done = converter.convert({"a.docx": docx_of(_CHANGED)}, "a.docx", "a.html")
    assert b"Pay 25,000 now." in done.files["a.html"]
    assert "1 insertion by Bob; all of them are accepted" in done.output
    assert '"10,000"' in done.output


def test_a_conversion_shows_changes_and_comments_when_asked(converter: Converter) -> None:
    files = {"a.docx": FAMILY.files["stories.docx"]}
    shown = converter.convert(files, "a.docx", "a.html", changes="all").files["a.html"].decode()
    assert "{--10,000--}{++25,000++}" in shown
    assert "{==Remarkable==}{&gt;&gt;Ann: Please verify&lt;&lt;}" in shown
    quiet = converter.convert(files, "a.docx", "b.md")
    assert "Please verify" not in quiet.files["b.md"].decode()
    assert '2 comments are left out: comment 7 by Ann: "Please verify"' in quiet.output


_TABLE_CHANGES = (
    f"<w:p><w:pPr><w:rPr><w:del w:id='1' {_BY}/></w:rPr></w:pPr><w:del w:id='2' {_BY}><w:r><w:delText>Above</w:delText>"
    f"</w:r></w:del></w:p><w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr>"
    f"<w:tc><w:tcPr><w:cellIns w:id='3' {_BY}/></w:tcPr>{paragraph('Added')}</w:tc>"
    f"<w:tc><w:tcPr><w:cellDel w:id='4' {_BY}/></w:tcPr>{paragraph('Dropped')}</w:tc></w:tr></w:tbl>"
    f"<w:p><w:moveFromRangeStart w:id='5' w:name='m' {_BY}/><w:moveFromRangeEnd w:id='5'/>{run('Below')}</w:p>"
    f"<w:p><w:pPr><w:rPr><w:ins w:id='6' {_BY}/></w:rPr></w:pPr><w:ins w:id='7' {_BY}>{run('More')}</w:ins></w:p>"
)


@pytest.mark.parametrize(
    ("changes", "paragraphs", "cells"),
    [("accept", ["Below", "More"], ["Added"]), ("reject", ["Above", "Below"], ["Dropped"])],
)
def test_a_decided_change_leaves_no_trace_in_a_word_file(
    changes: str, paragraphs: list[str], cells: list[str], converter: Converter
) -> None:
    files = {"a.docx": docx_of(_TABLE_CHANGES + _CHANGED)}
    made = converter.convert(files, "a.docx", "b.docx", changes=changes).files["b.docx"]
    text = zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml").decode()
    assert re.findall(r"<w:(?:ins|del|move|cellIns|cellDel)\w*|<w:\w+Change\b", text) == []
    document = docx.Document(io.BytesIO(made))
    assert [each.text for each in document.paragraphs][: len(paragraphs)] == paragraphs
    assert [each.text for each in document.tables[0].rows[0].cells] == cells


def test_a_wrong_choice_for_changes_is_refused(converter: Converter) -> None:
    done = converter.calls([("read_document", {"path": "a.docx", "changes": "some"})], {"a.docx": word("x")})
    assert not done.result()["ok"]
    assert "accept, reject, all" in done.output


def _level(number: int, kind: str, template: str, more: str = "", start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/>{more}'
        f'<w:lvlText w:val="{template}"/></w:lvl>'
    )


def _numbered(levels: str, nums: str, *paragraphs: tuple[str, int, int]) -> bytes:
    body = "".join(
        paragraph(text, f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>')
        for text, level, number in paragraphs
    )
    lists = f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>{nums}'
    return docx_of(body, {"word/numbering.xml": f"<w:numbering {WORD_NAMESPACES}>{lists}</w:numbering>".encode()})


_NUM = '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
_AGAIN = (
    '<w:num w:numId="2"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
    "</w:lvlOverride></w:num>"
)
_NUMBERINGS: Mapping[str, tuple[bytes, str]] = {
    "levels": (
        _numbered(
            _level(0, "upperRoman", "Article %1") + _level(1, "decimal", "%1.%2", "<w:isLgl/>")
            + _level(2, "lowerLetter", "(%3)"),
            _NUM,
            ("A", 0, 1), ("B", 1, 1), ("C", 2, 1), ("D", 2, 1), ("E", 1, 1), ("F", 0, 1), ("G", 1, 1), ("H", 2, 1),
        ),
        "Article I A|1.1 B|(a) C|(b) D|1.2 E|Article II F|2.1 G|(a) H",
    ),
    "never restarted": (
        _numbered(
            _level(0, "decimal", "Part %1") + _level(1, "decimal", "§ %2", '<w:lvlRestart w:val="0"/>'), _NUM,
            ("A", 0, 1), ("B", 1, 1), ("C", 0, 1), ("D", 1, 1),
        ),
        "Part 1 A|§ 1 B|Part 2 C|§ 2 D",
    ),
    "shared and overridden": (
        _numbered(_level(0, "decimal", "[%1]"), _NUM + _AGAIN, ("A", 0, 1), ("B", 0, 1), ("C", 0, 2), ("D", 0, 1)),
        "[1] A|[2] B|[5] C|[6] D",
    ),
    "letters beyond z": (
        _numbered(_level(0, "upperLetter", "(%1)", start=26), _NUM, ("A", 0, 1), ("B", 0, 1)),
        "(Z) A|(AA) B",
    ),
    "plain": (
        _numbered(_level(0, "decimal", "%1.", start=3), _NUM, ("A", 0, 1), ("B", 0, 1)),
        "3.  A|4.  B",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _NUMBERINGS)
def test_numbers_are_those_that_word_shows(name: str, converter: Converter) -> None:
    document, expected = _NUMBERINGS[name]
    shown = converter.read({"a.docx": document}, "a.docx")
    text = shown.split("modified: 2013-12-23T23:15:00Z\n")[1]
    assert "|".join(line for line in text.splitlines() if line) == expected


_SCHEMAS, _STRICT_SCHEMAS = "http://schemas.openxmlformats.org", "http://purl.oclc.org/ooxml"
_STRICT = {
    f"{_SCHEMAS}/wordprocessingml/2006/": f"{_STRICT_SCHEMAS}/wordprocessingml/",
    f"{_SCHEMAS}/officeDocument/2006/relationships": f"{_STRICT_SCHEMAS}/officeDocument/relationships",
    "<w:": "<q:",
    "</w:": "</q:",
    " w:": " q:",
    "xmlns:w=": "xmlns:q=",
}


def test_the_strict_vocabulary_and_other_prefixes_are_read(converter: Converter) -> None:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(FAMILY.files["stories.docx"])) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("latin-1")
            if name.endswith((".xml", ".rels")) and "content-types" not in text:
                for usual, strict in _STRICT.items():
                    text = text.replace(usual, strict)
            parts[name] = text.encode("latin-1")
    shown = converter.read({"a.docx": rezipped(FAMILY.files["stories.docx"], parts)}, "a.docx")
    for words in ("{--10,000--}{++25,000++}", "{>>Ann: Please verify<<}", "Underneath", "Confidential heading"):
        assert words in shown
    assert "note: " not in shown


def test_words_stand_for_one_piece_of_content_only() -> None:
    header, body = Item(Content.HEADER, "header 1", "Draft"), Item(Content.TEXT, "paragraph 1", "Draft")
    assert lost([header, body], "Draft") == [header]
    assert lost([header, body], "Draft Draft") == []
    assert notes([header]) == ['1 header is left out: header 1: "Draft"']


def test_formatting_inside_a_word_loses_nothing() -> None:
    items = [Item(Content.TEXT, "paragraph 1", "unbelievable"), Item(Content.INSERTED, "paragraph 2", "s")]
    assert lost(items, "un believable contracts") == []


def test_notes_are_short_however_much_is_lost() -> None:
    items = [Item(Content.COMMENT, f"paragraph {number}", "word " * 100) for number in range(2_000)]
    (note,) = notes(items)
    assert note.startswith("2,000 comments are left out: paragraph 0: ")
    assert note.endswith("and 1,995 more")
    assert len(note) < 1_000


def parts_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return {name: source.read(name) for name in source.namelist()}


@pytest.mark.parametrize("name", FAMILY.files)
def test_a_word_file_from_a_word_file_keeps_all_of_it(name: str, converter: Converter) -> None:
    done = converter.convert({name: FAMILY.files[name]}, name, "copy.docx")
    assert parts_of(done.files["copy.docx"]) == parts_of(FAMILY.files[name])
    assert "left out" not in done.output


def test_a_word_file_gets_what_was_asked_for_and_keeps_the_rest(converter: Converter) -> None:
    before = FAMILY.files["stories.docx"]
    options = {"title": "New & better", "author": "Ada", "table_of_contents": True, "changes": "accept"}
    done = converter.convert({"a.docx": before}, "a.docx", "b.docx", **options)
    after = parts_of(done.files["b.docx"])
    changed = {part for part, data in parts_of(before).items() if after[part] != data}
    assert changed >= {"word/document.xml", "docProps/core.xml"}
    assert not changed & {"word/comments-rIdC.xml", "word/styles.xml", "[Content_Types].xml"}
    shown = converter.read({"b.docx": done.files["b.docx"]}, "b.docx")
    for words in ("title: New & better", "creator: Ada", "Update this field", "We pay 25,000", "Confidential heading",
                  "{>>Ann: Please verify<<}"):  # fmt: skip
        assert words in shown
    assert "tracked changes" not in shown
    assert "1 deletion, 1 insertion by Ann; all of them are accepted" in done.output


def test_a_template_with_macros_becomes_a_plain_document(converter: Converter) -> None:
    parts = parts_of(word("Dear reader"))
    types = parts["[Content_Types].xml"].decode()
    plain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    program = '<Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    types = types.replace(plain, "application/vnd.ms-word.document.macroEnabled.main+xml").replace("</Types>", program)
    macros = rezipped(word("Dear reader"), {"[Content_Types].xml": types.encode(), "word/vbaProject.bin": b"\0"})
    done = converter.convert({"a.docm": macros}, "a.docm", "b.docx")
    after = parts_of(done.files["b.docx"])
    assert "word/vbaProject.bin" not in after
    assert plain.encode() in after["[Content_Types].xml"]
    assert b"vba" not in after["[Content_Types].xml"]
    assert "macros are left out" in done.output
