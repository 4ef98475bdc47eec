"""Five Word files and what the product is asked to do with each: an office program shows them before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.convert.documents import WORD_NAMESPACES, docx_of, png
from tests.convert.kinds.word import NUMBERING, cell, in_list, numbered, paragraph, run

Call = tuple[str, Mapping[str, Any]]

_ANN = 'w:author="Ann" w:date="2026-01-01T00:00:00Z"'
_PAGE = (
    '<w:pgSz w:w="8400" w:h="6000"/>'
    '<w:pgMar w:top="1100" w:right="900" w:bottom="1100" w:left="900" w:header="500" w:footer="500"/>'
)
_HEADING = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'


@dataclass(frozen=True, slots=True)
class Scene:
    """A file, the calls that change it, and which words a reader then sees more, and which less often.

    Calls read and write `a.docx`, or write `b.docx`; `files` are others that they need. Where the file itself is made
    by the product, the first call makes it and `before` is empty.
    """

    name: str
    before: bytes
    calls: tuple[Call, ...]
    result: str = "a.docx"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def _edit(action: str, find: str, text: str, author: str | None = None) -> Call:
    return "edit_document", {"path": "a.docx", "action": action, "find": find, "text": text, "author": author}


def _story(root: str, inner: str) -> bytes:
    return f"<w:{root} {WORD_NAMESPACES}>{inner}</w:{root}>".encode()


def _section(inner: str = "") -> str:
    return f"<w:sectPr>{inner}{_PAGE}<w:titlePg/></w:sectPr>" if inner else f"<w:sectPr>{_PAGE}</w:sectPr>"


def _review() -> Scene:
    """Somebody's changes and comment are there, and somebody else's are added."""
    body = (
        paragraph("Loan", _HEADING)
        + f"<w:p>{run('The lender pays ')}<w:del w:id='91' {_ANN}><w:r><w:delText>10,000</w:delText></w:r></w:del>"
        + f"<w:ins w:id='92' {_ANN}>{run('25,000')}</w:ins>{run(' euros in ')}{run('March', '<w:rPr><w:b/></w:rPr>')}"
        + f'{run(".")}</w:p><w:p><w:commentRangeStart w:id="7"/>{run("Remarkable")}<w:commentRangeEnd w:id="7"/>'
        + f'<w:r><w:commentReference w:id="7"/></w:r>{run(" terms apply.")}</w:p>'
    )
    comment = f'<w:comment w:id="7" w:initials="A" {_ANN}>{paragraph("Please verify")}</w:comment>'
    return Scene(
        "review",
        docx_of(body + _section(), comments=("rIdC", _story("comments", comment))),
        (_edit("replace", "March", "April", "Ben"), _edit("comment", "euros", "Which currency?", "Ben")),
        added=("MarchApril.",),  # the old struck out beside the new
        removed=("March.",),
    )


def _changed(text: str, kind: str, number: int) -> str:
    """A clause that Ann inserted (`ins`) or deleted (`del`), with the end of its paragraph."""
    mark = f"<w:rPr><w:{kind} w:id='{number}' {_ANN}/></w:rPr>"
    said = run(text).replace("w:t>", "w:delText>").replace("<w:t ", "<w:delText ") if kind == "del" else run(text)
    return f"<w:p>{in_list(1, mark=mark)}<w:{kind} w:id='{number + 1}' {_ANN}>{said}</w:{kind}></w:p>"


def _numbering() -> Scene:
    """A clause is deleted and two are inserted; once that is accepted, those that follow count on."""
    body = (
        numbered("Terms", 0, "Heading1")
        + numbered("Payment", 1)
        + _changed("Fee", "del", 11)
        + _changed("Notice", "ins", 13)
        + _changed("Form", "ins", 15)
        + numbered("Interest", 1) + numbered("Duties", 0, "Heading1") + numbered("Care", 1)
        + numbered("of papers", 2) + numbered("of keys", 2)
    )  # fmt: skip
    return Scene(
        "numbering",
        docx_of(body + _section(), {"word/numbering.xml": NUMBERING}),
        (("convert_document", {"source": "a.docx", "target": "b.docx", "changes": "accept"}),),
        result="b.docx",
    )


def _stories() -> Scene:
    """Two pages with a header each, a footer with the number of the page, a footnote and a picture."""
    number = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    note = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
    notes = (
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p>'
        f'</w:footnote><w:footnote w:id="2"><w:p>{note}{run(" Measured in Leeds.")}</w:p></w:footnote>'
    )
    body = (
        paragraph("Findings", _HEADING)
        + f'<w:p>{run("The pump runs.")}<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        + '<w:footnoteReference w:id="2"/></w:r></w:p><w:p><w:r><w:br w:type="page"/></w:r></w:p>'
        + paragraph("It goes on running.")
        + _section(
            '<w:headerReference w:type="default" r:id="rIdH"/><w:headerReference w:type="first" r:id="rIdH2"/>'
            '<w:footerReference w:type="default" r:id="rIdF"/><w:footerReference w:type="first" r:id="rIdF"/>'
        )
    )
    return Scene(
        "stories",
        docx_of(
            body,
            header=("rIdH", _story("hdr", paragraph("Confidential draft"))),
            header2=("rIdH2", _story("hdr", paragraph("Rivers and Company"))),
            footer=("rIdF", _story("ftr", f"<w:p>{run('Page ')}{number}</w:p>")),
            footnotes=("rIdN", _story("footnotes", notes)),
        ),
        (
            _edit("replace", "Confidential draft", "Final report"),
            _edit("replace", "Leeds", "York"),
            _edit("insert_after", "The pump runs.", "It is loud."),
        ),
        added=("Final", "report", "York.", "It", "is", "loud."),
        removed=("Confidential", "draft", "Leeds."),
    )


def _right_to_left() -> Scene:
    """Arabic and Hebrew, a table whose first column is the right one, and English between."""
    arabic, hebrew, more = "العقد ملزم للطرفين", "החוזה מחייב את הצדדים", "ينتهي في مارس"
    rtl = "<w:rPr><w:rtl/></w:rPr>"

    def line(text: str) -> str:
        return f"<w:p><w:pPr><w:bidi/></w:pPr>{run(text, rtl)}</w:p>"

    def row(*texts: str) -> str:
        return f"<w:tr>{''.join(cell(line(text)) for text in texts)}</w:tr>"

    borders = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH"))
    grid = '<w:tblGrid><w:gridCol w:w="3000"/><w:gridCol w:w="3000"/></w:tblGrid>'
    look = f"<w:bidiVisual/><w:tblW w:w='6000' w:type='dxa'/><w:tblBorders>{borders}</w:tblBorders>"
    table = f"<w:tbl><w:tblPr>{look}</w:tblPr>{grid}{row('الاسم', 'المبلغ')}{row('إيجار', '1200')}</w:tbl>"
    body = (
        line(arabic) + line(hebrew) + paragraph("Signed in York.")
        + table + line("") + _section()
    )  # fmt: skip
    return Scene(
        "right-to-left",
        docx_of(body),
        (_edit("insert_after", arabic, more), _edit("add_row", "إيجار", "كهرباء | 300")),
        added=(*more.split(), "كهرباء", "300"),
    )


def _template() -> Scene:
    """A letter with places to be filled, in the product's own look, and a table that grows."""
    source = (
        "---\ntitle: Delivery to {{client}}\n---\n\nDear {{client}},\n\nthese leave our works on {{day}}.\n\n"
        "| Item | Sum |\n|---|--:|\n| Pump | 900 |\n\n![Mark](mark.png)\n"
    )
    return Scene(
        "template",
        b"",
        (
            ("convert_document", {"source": "letter.md", "target": "a.docx", "template": "letter"}),
            _edit("fill", "client", "Ada"),
            _edit("fill", "day", "Monday"),
            _edit("add_row", "Pump", "Valve | 45"),
        ),
        added=("Ada", "Ada,", "Monday.", "Valve", "45"),
        removed=("{{client}}", "{{client}},", "{{day}}."),
        files={"letter.md": source.encode(), "mark.png": png(60, 40)},
    )


SCENES = (_review(), _numbering(), _stories(), _right_to_left(), _template())
