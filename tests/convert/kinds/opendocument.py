"""OpenDocument texts and spreadsheets with one of each, written part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from convert.inventory import Content
from tests.convert.documents import png
from tests.convert.kinds import Case, Family, Fate

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{_OASIS}:{name}:1.0"'
    for prefix, name in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "svg": "svg-compatible",
        "style": "style",
        "form": "form", "chart": "chart",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip


def _document(root: str, inner: str) -> bytes:
    return f"<office:document-{root} {_NAMESPACES}>{inner}</office:document-{root}>".encode()


def opendocument(kind: str, body: str, parts: Mapping[str, bytes] | None = None, styles: str = "") -> bytes:
    """A file of this kind, `text` or `spreadsheet`, with this body and automatic styles."""
    content = (
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}", zipfile.ZIP_STORED)
        archive.writestr("content.xml", _document("content", f"{content}</office:body>"))
        for name, data in (parts or {}).items():
            archive.writestr(name, data)
    return out.getvalue()


def _cells(*texts: str) -> str:
    cells = (f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in texts)
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


_CHART = _document(
    "content",
    '<office:body><office:chart><chart:chart chart:class="chart:bar"><chart:title><text:p>Charted</text:p>'
    "</chart:title>"
    f"<table:table>{_cells('', 'Turnover')}{_cells('Northern', '271828')}</table:table></chart:chart></office:chart>"
    "</office:body>",
)
_PAGES = _document(
    "styles",
    '<office:styles/><office:master-styles><style:master-page style:name="S">'
    "<style:header><text:p>Confidential</text:p></style:header>"
    "<style:footer><text:p>Edition nine</text:p></style:footer></style:master-page></office:master-styles>",
)
_TEXT = f"""
<office:forms><form:form><form:text form:name="answer" form:current-value="Entered"/></form:form></office:forms>
<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>Ann</dc:creator>
</office:change-info><text:p>Withdrawn</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p>Ordinary words.<text:change text:change-id="c1"/></text:p>
<text:p>Author <text:user-field-get text:name="x">Fielded</text:user-field-get> and
<text:drop-down><text:label text:value="x"/>Dropped</text:drop-down></text:p>
<text:p>Remarkable<office:annotation><dc:creator>Ann</dc:creator><text:p>Verify these</text:p></office:annotation>
<text:note text:note-class="footnote"><text:note-body><text:p>Underneath</text:p></text:note-body></text:note>
<text:note text:note-class="endnote"><text:note-body><text:p>Afterwards</text:p></text:note-body></text:note></text:p>
<text:p><draw:frame><draw:text-box><text:p>Boxed</text:p></draw:text-box></draw:frame>
<draw:g><draw:custom-shape><text:p>Shaped</text:p></draw:custom-shape></draw:g></text:p>
<text:p>Weight <draw:frame><draw:object xlink:href="Object 2/"/></draw:frame></text:p>
<text:p><draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>
<draw:frame><draw:image xlink:href="Pictures/a.png"/><svg:desc>Crimson</svg:desc></draw:frame></text:p>
<text:p><text:ruby><text:ruby-base>Kanji</text:ruby-base><text:ruby-text>Reading</text:ruby-text></text:ruby>
<text:bookmark text:name="Anchored"/><text:a xlink:href="https://example.org/elsewhere">there</text:a></text:p>
<table:table table:name="T"><table:table-column table:number-columns-repeated="3"/>{_cells("one", "two", "three")}
<table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>Spanning</text:p></table:table-cell>
<table:covered-table-cell/><table:table-cell><text:p>Third</text:p><table:table>{_cells("Nested")}</table:table>
</table:table-cell></table:table-row></table:table>
"""

_SHEETS = f"""
<table:table table:name="Plan"><table:shapes><draw:frame table:end-cell-address="Plan.D9">
<draw:object xlink:href="./Object 1"/></draw:frame><draw:frame draw:name="Photograph">
<draw:image xlink:href="Pictures/a.png"/></draw:frame><draw:custom-shape><text:p>Boxed</text:p></draw:custom-shape>
</table:shapes><table:table-column/><table:table-column table:visibility="collapse"/>
{_cells("Region", "Rate")}
<table:table-row><table:table-cell office:value-type="string"><text:p>Northern</text:p></table:table-cell>
<table:table-cell office:value-type="percentage" office:value="0.175"><text:p>17.5%</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="12345.678"><text:p>12,346</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2026-03-09"><text:p>09/03/26</text:p></table:table-cell>
</table:table-row>
<table:table-row table:visibility="collapse"><table:table-cell office:value-type="string"><text:p>Screened</text:p>
<office:annotation><dc:creator>Ann</dc:creator><text:p>Verify these</text:p></office:annotation></table:table-cell>
<table:table-cell table:formula="of:=SUM([.B2:.B3])" office:value-type="float" office:value="7"><text:p>7</text:p>
</table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>
</table:table-row></table:table>
<table:table table:name="Secret" table:style-name="hidden">{
    _cells('Veiled <text:a xlink:href="https://example.org/northern">there</text:a>')
}</table:table>
"""
_HIDDEN = '<style:style style:name="hidden"><style:table-properties table:display="false"/></style:style>'
_MATH = b'<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>mass</mi><mn>2</mn></msup></math>'
_PARTS = {
    "styles.xml": _PAGES,
    "Object 1/content.xml": _CHART,
    "Object 2/content.xml": _MATH,
    "Pictures/a.png": png(),
}

FAMILY = Family(
    files={
        "text.odt": opendocument("text", _TEXT, _PARTS),
        "sheets.ods": opendocument("spreadsheet", _SHEETS, _PARTS, _HIDDEN),
    },
    cases=(
        Case(Content.TEXT, "text.odt", "Ordinary words.", Fate.CARRIED),
        Case(Content.CELL, "text.odt", "Third", Fate.CARRIED, said="Nested"),
        Case(Content.DELETED, "text.odt", "Withdrawn", Fate.CARRIED, said="deleted by Ann"),
        Case(Content.COMMENT, "text.odt", "Verify these", Fate.CARRIED, said="comment by Ann"),
        Case(Content.FORMULA, "text.odt", "mass", Fate.CARRIED, said="Weight ${mass}^{2}$"),
        Case(Content.HEADER, "text.odt", "Confidential", Fate.NOTED),
        Case(Content.FOOTER, "text.odt", "Edition nine", Fate.NOTED),
        Case(Content.FOOTNOTE, "text.odt", "Underneath", Fate.CARRIED),
        Case(Content.ENDNOTE, "text.odt", "Afterwards", Fate.CARRIED),
        Case(Content.TEXT_BOX, "text.odt", "Boxed", Fate.CARRIED, said="Shaped"),
        Case(Content.CHART, "text.odt", "Charted", Fate.CARRIED, said="271828"),
        Case(Content.RUBY, "text.odt", "Reading", Fate.CARRIED, said="Kanji"),
        Case(Content.FIELD, "text.odt", "Fielded", Fate.CARRIED, said="Dropped"),
        Case(Content.FORM_VALUE, "text.odt", "Entered", Fate.NOTED, said="answer"),
        Case(Content.PICTURE, "text.odt", "Crimson", Fate.CARRIED, said="40 x 30 pixels"),
        Case(Content.LINK, "text.odt", "https://example.org/elsewhere", Fate.CARRIED),
        Case(Content.BOOKMARK, "text.odt", "Anchored", Fate.NOTED),
        Case(
            Content.CELL,
            "sheets.ods",
            "Northern",
            Fate.CARRIED,
            said="| 17.5% | 12,346 [12345.678] | 09/03/26 [2026-03-09] |",
        ),
        Case(Content.COMMENT, "sheets.ods", "Verify these", Fate.CARRIED, said="A3"),
        Case(Content.TEXT_BOX, "sheets.ods", "Boxed", Fate.CARRIED),
        Case(Content.CHART, "sheets.ods", "Charted", Fate.CARRIED, said="271828"),
        Case(Content.FORMULA, "sheets.ods", "=SUM([.B2:.B3])", Fate.NOTED),
        Case(Content.PICTURE, "sheets.ods", "image", Fate.CARRIED, said="Photograph"),
        Case(Content.LINK, "sheets.ods", "https://example.org/northern", Fate.CARRIED),
        Case(Content.HIDDEN_SHEET, "sheets.ods", "Secret (hidden sheet)", Fate.CARRIED, said="Veiled"),
        Case(Content.HIDDEN_ROW, "sheets.ods", "hidden rows", Fate.CARRIED, said="Screened"),
        Case(Content.HIDDEN_COLUMN, "sheets.ods", "hidden columns", Fate.CARRIED, said=": B"),
    ),
)
