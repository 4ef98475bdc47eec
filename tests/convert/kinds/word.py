"""Word files with one of each: what Word can put into a document and a converter can lose."""

from __future__ import annotations

from convert.inventory import Content
from tests.convert.documents import docx_of
from tests.convert.kinds import Case, Family, Fate

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_BY = 'w:author="Ann" w:date="2026-01-01T00:00:00Z"'


def _part(root: str, inner: str) -> bytes:
    return f'<w:{root} xmlns:w="{_W}" xmlns:r="{_RELATIONS}">{inner}</w:{root}>'.encode()


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


_REVISED = (
    f'<w:p><w:r><w:t xml:space="preserve">We pay </w:t></w:r><w:del w:id="91" {_BY}><w:r><w:delText>10,000</w:delText>'
    f'</w:r></w:del><w:ins w:id="92" {_BY}><w:r><w:t>25,000</w:t></w:r></w:ins></w:p>'
)
_COMMENTED = (
    '<w:p><w:commentRangeStart w:id="7"/><w:r><w:t>Remarkable</w:t></w:r><w:commentRangeEnd w:id="7"/>'
    '<w:r><w:commentReference w:id="7"/></w:r></w:p>'
)
_NOTED = '<w:p><w:r><w:t>Claim</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
_SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rIdH"/><w:footerReference w:type="default" r:id="rIdF"/>'
    "</w:sectPr>"
)

FAMILY = Family(
    files={
        "stories.docx": docx_of(
            paragraph("Ordinary words.") + _REVISED + _COMMENTED + _NOTED + _SECTION,
            header=("rIdH", _part("hdr", paragraph("Confidential heading"))),
            footer=("rIdF", _part("ftr", paragraph("Version nine"))),
            comments=("rIdC", _part("comments", f'<w:comment w:id="7" {_BY}>{paragraph("Please verify")}</w:comment>')),
            footnotes=("rIdN", _part("footnotes", f'<w:footnote w:id="2">{paragraph("Underneath")}</w:footnote>')),
        ),
    },
    cases=(
        Case(Content.TEXT, "stories.docx", "Ordinary words.", Fate.CARRIED),
        Case(Content.INSERTED, "stories.docx", "25,000", Fate.CARRIED),
        Case(Content.DELETED, "stories.docx", "10,000", Fate.NOTED),
        Case(Content.COMMENT, "stories.docx", "Please verify", Fate.NOTED, said="Ann"),
        Case(Content.HEADER, "stories.docx", "Confidential heading", Fate.NOTED),
        Case(Content.FOOTER, "stories.docx", "Version nine", Fate.NOTED),
        Case(Content.FOOTNOTE, "stories.docx", "Underneath", Fate.NOTED),
    ),
)
