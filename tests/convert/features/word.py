"""Features of Word files, and of packages as other programs write them."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import docx

from tests.convert.documents import WORD_NAMESPACES, docx_of, rezipped, word
from tests.convert.features import Feature
from tests.convert.kinds.word import (
    CHART,
    CHART_HERE,
    DIAGRAM,
    DIAGRAM_HERE,
    cell,
    drawing,
    field,
    linked_picture,
    paragraph,
    run,
    table,
)

_BY = 'w:author="Bob" w:date="2026-01-01T00:00:00Z"'
_CHOICE = '<mc:AlternateContent><mc:Choice Requires="wps">{}</mc:Choice>{}</mc:AlternateContent>'
_OLDER = (
    "<mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></v:shape></w:pict>"
    "</mc:Fallback>"
)


def _made(*bodies: str) -> bytes:
    return docx_of(paragraph("before") + "".join(bodies) + paragraph("after"))


def _box(words: str) -> str:
    return drawing(f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph(words)}</w:txbxContent></wps:txbx></wps:wsp>", "wps")


def _saved(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _commented() -> bytes:
    document = docx.Document()
    document.add_comment(document.add_paragraph("A remark.").runs, text="Quince, please", author="Ann")
    return _saved(document)


def _headed() -> bytes:
    document = docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text, section.footer.paragraphs[0].text = "Quince", "Medlar"
    return _saved(document)


def _control(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


_TICKED = '<w14:checkbox><w14:checked w14:val="1"/></w14:checkbox>'
_CHOSEN = '<w:dropDownList><w:listItem w:displayText="One" w:value="1"/></w:dropDownList>'
_CONTROLLED_TABLE = (
    "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>"
    f"<w:tr>{cell(paragraph('Name'))}{_control(cell(paragraph('Quince')))}</w:tr>"
    + _control(f"<w:tr>{cell(paragraph('Medlar'))}{cell(paragraph('x'))}</w:tr>")
    + "</w:tbl>"
)
_BOX_TICKED = "<w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
_ENTRIES = "<w:listEntry w:val='Red'/><w:listEntry w:val='Medlar'/>"
_LIST = f"<w:ffData><w:ddList><w:result w:val='1'/>{_ENTRIES}</w:ddList></w:ffData>"


def _merged() -> bytes:
    document = docx.Document()
    grid = document.add_table(3, 3)
    for row in range(3):
        for column in range(3):
            grid.cell(row, column).text = f"r{row}c{column}"
    grid.cell(0, 0).merge(grid.cell(0, 1))
    grid.cell(1, 0).merge(grid.cell(2, 0))
    return _saved(document)


def _nested(*, items: bool) -> bytes:
    document = docx.Document()
    grid = document.add_table(2, 2)
    grid.cell(0, 0).text, grid.cell(1, 0).text = "Head", "Quince"
    inner = grid.cell(1, 1)
    if items:
        for each in ("Medlar", "Sloe"):
            inner.add_paragraph(each, style="List Bullet")
    else:
        inner.add_table(2, 2).cell(1, 1).text = "Medlar"
    return _saved(document)


def _numbered() -> bytes:
    document = docx.Document()
    document.add_paragraph("Clause", style="List Number")
    return _saved(document)


def _damaged_thumbnail() -> bytes:
    """A part that nobody needs fails its checksum."""
    name = "docProps/thumbnail.jpeg"
    archive = rezipped(_PLAIN, {name: b"picture" * 50})
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        stamp = struct.pack("<I", opened.getinfo(name).CRC)
    return archive.replace(stamp, bytes(each ^ 0xFF for each in stamp))


_PLAIN = word("Quince")
_FOOTNOTE = f"<w:footnotes {WORD_NAMESPACES}><w:footnote w:id='2'>{paragraph('Quince')}</w:footnote></w:footnotes>"
_NOTED = f"<w:p>{run('Claim')}<w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
_TRACKED = (
    f"<w:p><w:del w:id='1' {_BY}><w:r><w:delText>Quince</w:delText></w:r></w:del>"
    f"<w:ins w:id='2' {_BY}>{run('Medlar')}</w:ins></w:p>"
)
_SYMBOLS = "".join(f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>' for font, code in
                   (("Wingdings", "F0FE"), ("Symbol", "F061")))  # fmt: skip

FEATURES = (
    Feature("comment.docx", _commented(), ("Quince",)),
    Feature("header.docx", _headed(), ("Quince", "Medlar")),
    Feature(
        "box.docx",
        _made(f"<w:p><w:r>{_CHOICE.format(_box('Quince'), _OLDER.format(paragraph('Quince')))}</w:r></w:p>"),
        ("Quince",),
    ),
    Feature("box-of-new-programs.docx", _made(f"<w:p>{_CHOICE.format(_box('Quince'), '')}</w:p>"), ("Quince",)),
    Feature("box-alone.docx", _made(f"<w:p>{_box('Quince')}</w:p>"), ("Quince",)),
    Feature("tracked.docx", _made(_TRACKED), ("Quince", "Medlar")),
    Feature("hidden.docx", _made(f"<w:p>{run('Quince', '<w:rPr><w:vanish/></w:rPr>')}</w:p>"), ("Quince",)),
    Feature(
        "controls.docx",
        _made(f"<w:p>{_control(run('☒'), _TICKED)}</w:p>", _control(paragraph("Quince"), _CHOSEN)),
        ("☒", "Quince"),
    ),
    Feature("controlled-table.docx", _made(_CONTROLLED_TABLE), ("Quince", "Medlar")),
    Feature(
        "form.docx",
        _made(
            f"<w:p>{field(_BOX_TICKED, ' FORMCHECKBOX ')}</w:p><w:p>{field(_LIST, ' FORMDROPDOWN ')}</w:p>"
            f"<w:p>{field('<w:ffData><w:textInput/></w:ffData>', ' FORMTEXT ', 'Quince')}</w:p>"
        ),
        ("☒", "Quince", "Medlar"),
    ),
    Feature(
        "fields.docx",
        _made(
            f"<w:p>{field('', ' REF a ', 'Quince')}</w:p>"
            f"<w:p><w:fldSimple w:instr=' DOCPROPERTY x '>{run('Medlar')}</w:fldSimple></w:p>"
        ),
        ("Quince", "Medlar"),
    ),
    Feature("symbols.docx", _made(f"<w:p>{_SYMBOLS}</w:p>"), ("☑", "α")),
    Feature(
        "included.docx",
        docx_of('<w:altChunk r:id="rIdA"/>', {"word/a.html": b"<p>Quince</p>"}, [("rIdA", "aFChunk", "a.html")]),
        ("Quince",),
    ),
    Feature(
        "linked-picture.docx",
        docx_of(linked_picture("Quince"), {}, [("rIdFar", "image", "https://example.org/a.png")]),
        ("Quince",),
    ),
    Feature(
        "chart.docx",
        docx_of(
            f"<w:p>{CHART_HERE}</w:p>",
            {"word/charts/chart1.xml": CHART.encode()},
            [("rIdChart", "chart", "charts/chart1.xml")],
        ),
        ("Turnover chart", "Sales", "Spring", "31415"),
    ),
    Feature(
        "diagram.docx",
        docx_of(
            f"<w:p>{DIAGRAM_HERE}</w:p>",
            {"word/diagrams/data1.xml": DIAGRAM.encode()},
            [("rIdDgm", "diagramData", "diagrams/data1.xml")],
        ),
        ("Boxed step",),
    ),
    Feature("merged.docx", _merged(), ("r0c0", "r2c1", "r2c2")),
    Feature("table-in-table.docx", _nested(items=False), ("Quince", "Medlar")),
    Feature("list-in-table.docx", _nested(items=True), ("Medlar",)),
    Feature("numbered.docx", _numbered(), ("1.",)),
    Feature("formula.docx", _made("<w:p><m:oMath><m:r><m:t>quince</m:t></m:r></m:oMath></w:p>"), ("quince",)),
    Feature("footnote.docx", docx_of(_NOTED, footnotes=("rIdN", _FOOTNOTE.encode())), ("Quince",)),
    Feature(
        "ragged.docx", _made(table(cell(paragraph("a")), cell(paragraph("b")) + cell(paragraph("Quince")))), ("Quince",)
    ),
    *(Feature(f"named.{suffix}", _PLAIN, ("Quince",)) for suffix in ("docm", "dotx", "doc")),
    Feature("backslash.docx", rezipped(_PLAIN, {"word\\media\\x.txt": b"x"}), ("Quince",)),
    Feature("damaged-thumbnail.docx", _damaged_thumbnail(), ("Quince",)),
    Feature("more-behind.docx", _PLAIN + b"\0" * 600, ("Quince",)),
    Feature("more-before.docx", b"junk" * 20 + _PLAIN, ("Quince",)),
)
