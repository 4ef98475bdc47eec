"""Word files changed in place: formatting stays, changes are tracked when asked, and the rest keeps its bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import docx
import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import docx_of, png, rezipped, word
from tests.convert.kinds.word import FAMILY, cell, paragraph, run, table

BOLD = "<w:rPr><w:b/></w:rPr>"
LETTER = docx_of(
    f"<w:p w:rsidR='00AB12CD'>{run('Hello ')}{run('world', BOLD)}{run(' and more')}</w:p>"
    + paragraph("Untouched &amp; \u201cquoted\u201d", "<w:pPr><w:keepNext/></w:pPr>")
    + paragraph("Twice")
    + paragraph("Twice")
    + table(cell(paragraph("Item")) + cell(paragraph("Sum")), cell(paragraph("Pens")) + cell(paragraph("5")))
    + f"<w:sdt><w:sdtPr><w:alias w:val='Client'/><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{paragraph('Click here')}"
    "</w:sdtContent></w:sdt>" + f"<w:p>{run('Dear {{na')}{run('me}}', BOLD)}{run(', hello again {{name}}')}</w:p>",
    {"word/media/a.png": png()},
)


class Edited:
    """A Word file after one edit."""

    def __init__(self, before: bytes, after: bytes, output: str) -> None:
        self.output = output
        self.before, self.after = _parts(before), _parts(after)
        self.text = [each.text for each in docx.Document(io.BytesIO(after)).paragraphs]
        self.document = self.after["word/document.xml"].decode()

    def changed_parts(self) -> set[str]:
        return {name for name, data in self.after.items() if self.before.get(name) != data}


def _parts(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return {name: source.read(name) for name in source.namelist()}


def edited(converter: Converter, arguments: Mapping[str, Any], document: bytes = LETTER) -> Edited:
    done = converter.calls([("edit_document", {"path": "a.docx", **arguments})], {"a.docx": document})
    assert done.result()["ok"], done.output
    return Edited(document, done.files["a.docx"], done.output)


def read_again(converter: Converter, document: Edited, changes: str = "all") -> str:
    archive = rezipped(LETTER, document.after)
    return converter.read({"a.docx": archive}, "a.docx", changes=changes)


def test_a_replacement_leaves_formatting_and_all_other_bytes(converter: Converter) -> None:
    done = edited(converter, {"action": "replace", "find": "Hello world", "text": "Hi world"})
    first = docx.Document(io.BytesIO(rezipped(LETTER, done.after))).paragraphs[0]
    assert first.text == "Hi world and more"
    assert [(each.text, each.bold) for each in first.runs if each.text.strip()] == [
        ("Hi", None), ("world", True), (" and more", None),
    ]  # fmt: skip
    assert done.changed_parts() == {"word/document.xml"}
    before = done.before["word/document.xml"].decode()
    end = before.index("</w:p>") + len("</w:p>")
    assert done.document.endswith(before[end:])
    assert before[: before.index("<w:p ")] == done.document[: done.document.index("<w:p ")]
    assert done.output == "replaced 1 time (paragraph 1) in a.docx"


@pytest.mark.proof
def test_a_tracked_replacement_can_be_taken_back(converter: Converter) -> None:
    done = edited(converter, {"action": "replace", "find": "world", "text": "planet", "author": "Ann & Co"})
    assert "{++planet++}" in read_again(converter, done)
    assert "{--world--}" in read_again(converter, done)
    assert "Hello **planet** and more" in read_again(converter, done, "accept")
    assert "Hello **world** and more" in read_again(converter, done, "reject")
    assert "1 deletion, 1 insertion by Ann & Co" in read_again(converter, done)


@pytest.mark.proof
@pytest.mark.parametrize("author", [None, "Ann"], ids=["plain", "tracked"])
def test_paragraphs_are_inserted_and_deleted(author: str | None, converter: Converter) -> None:
    more = edited(
        converter, {"action": "insert_after", "find": 'Untouched & "quoted"', "text": "One\nTwo", "author": author}
    )
    accepted = read_again(converter, more, "accept")
    assert "quoted\u201d\n\nOne\n\nTwo\n\nTwice" in accepted
    less = edited(converter, {"action": "delete", "find": "Untouched & \u201cquoted\u201d", "author": author})
    assert "and more\n\nTwice" in read_again(converter, less, "accept")
    if author:
        assert "One" not in read_again(converter, more, "reject").replace("note: ", "")[:10_000].split("left out")[0]
        assert "quoted" in read_again(converter, less, "reject")
        assert more.output.endswith("(tracked)")


def test_a_comment_is_added_to_those_that_are_there(converter: Converter) -> None:
    first = edited(converter, {"action": "comment", "find": "world", "text": "Which one?", "author": "Ann"})
    assert "{==**world**==}{>>Ann: Which one?<<}" in read_again(converter, first)
    stories = FAMILY.files["stories.docx"]
    arguments = {"action": "comment", "find": "Ordinary", "text": "Really?"}
    second = edited(converter, arguments, stories)
    shown = converter.read({"a.docx": rezipped(stories, second.after)}, "a.docx")
    assert "{>>Codex-Swarm: Really?<<}" in shown
    assert "{>>Ann: Please verify<<}" in shown
    assert len(set(re.findall(r'<w:comment [^>]*w:id="(\d+)"', second.after["word/comments-rIdC.xml"].decode()))) == 3


def test_templates_are_filled(converter: Converter) -> None:
    control = edited(converter, {"action": "fill", "find": "client", "text": "Ada Ltd"})
    assert "Ada Ltd" in read_again(converter, control)
    assert "Click here" not in read_again(converter, control)
    assert "showingPlcHdr" not in control.document
    placeholders = edited(converter, {"action": "fill", "find": "name", "text": "Ada"})
    assert placeholders.text[-1] == "Dear Ada, hello again Ada"
    assert placeholders.output == "filled name 2 times in a.docx"


def test_a_row_is_added_in_the_form_of_the_last(converter: Converter) -> None:
    done = edited(converter, {"action": "add_row", "find": "Item", "text": "Ink | 7"})
    rows = docx.Document(io.BytesIO(rezipped(LETTER, done.after))).tables[0].rows
    assert [[each.text for each in row.cells] for row in rows] == [["Item", "Sum"], ["Pens", "5"], ["Ink", "7"]]


def test_properties_are_set_and_nothing_else(converter: Converter) -> None:
    done = edited(converter, {"action": "set_property", "find": "title", "text": "T < U"})
    assert docx.Document(io.BytesIO(rezipped(LETTER, done.after))).core_properties.title == "T < U"
    assert done.changed_parts() == {"docProps/core.xml"}


def test_the_result_may_be_another_file(converter: Converter) -> None:
    arguments = {"path": "a.docx", "target": "out/b.docx", "action": "replace", "find": "Hello", "text": "Hi"}
    done = converter.calls([("edit_document", arguments)], {"a.docx": LETTER})
    assert set(done.files) == {"out/b.docx"}


def test_headers_and_footnotes_are_changed_too(converter: Converter) -> None:
    stories = FAMILY.files["stories.docx"]
    for old, new in (("Confidential", "Public"), ("Underneath", "Below")):
        done = edited(converter, {"action": "replace", "find": old, "text": new}, stories)
        assert new in converter.read({"a.docx": rezipped(stories, done.after)}, "a.docx")


REFUSED = {
    "twice": (
        {"action": "replace", "find": "Twice", "text": "x"},
        "stands 2 times in a.docx (paragraph 3, paragraph 4)",
    ),
    "nowhere": ({"action": "replace", "find": "absent", "text": "x"}, "a.docx does not say 'absent'"),
    "other case": ({"action": "delete", "find": "HELLO"}, "it says 'Hello world and more'"),
    "same": ({"action": "replace", "find": "Hello", "text": "Hello"}, "nothing to change"),
    "no field": ({"action": "fill", "find": "nobody", "text": "x"}, "no content control, merge field or placeholder"),
    "cells": ({"action": "add_row", "find": "Item", "text": "1|2|3"}, "the table has 2 columns and text has 3 cells"),
    "no table": ({"action": "add_row", "find": "Hello", "text": "1"}, "no table of a.docx says 'Hello'"),
    "property": ({"action": "set_property", "find": "colour", "text": "x"}, "known are title, author"),
    "action": ({"action": "explode", "find": "x"}, "action is not one of replace, delete, comment"),
    "empty": ({"action": "replace", "find": "", "text": "x"}, "find is empty; give the text to replace"),
    "long": ({"action": "replace", "find": "x", "text": "x" * 20_001}, "at most 20000 characters"),
    "kind": ({"path": "b.md", "action": "replace", "find": "x", "text": "y"}, "b.md is no Word file"),
}


@pytest.mark.proof
def test_what_cannot_be_done_says_why_and_changes_nothing(converter: Converter) -> None:
    calls = [("edit_document", {"path": "a.docx", **arguments}) for arguments, _ in REFUSED.values()]
    done = converter.calls(calls, {"a.docx": LETTER, "b.md": b"x"})
    for result, (name, (_, said)) in zip(done.results, REFUSED.items(), strict=True):
        assert not result["ok"], name
        assert said in result["output"], name
    assert done.files == {}


def test_every_place_is_changed_when_all_are_meant(converter: Converter) -> None:
    done = edited(converter, {"action": "replace", "find": "Twice", "text": "Thrice", "everywhere": True})
    assert done.text.count("Thrice") == 2
    many = edited(
        converter,
        {"action": "replace", "find": "a", "text": "<&>", "everywhere": True, "author": "Ann"},
        word("banana a", "a"),
    )
    shown = converter.read({"a.docx": rezipped(word("x"), many.after)}, "a.docx", changes="accept")
    assert "b<&>n<&>n<&> <&>\n\n<&>" in shown
