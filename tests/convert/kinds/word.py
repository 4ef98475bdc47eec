"""Word files with one of each: what Word can put into a document and a converter can lose."""

from __future__ import annotations

from convert.inventory import Content
from tests.convert.documents import WORD_NAMESPACES, docx_of, png
from tests.convert.kinds import Case, Family, Fate

_BY = 'w:author="Ann" w:date="2026-01-01T00:00:00Z"'


def _part(root: str, inner: str) -> bytes:
    return f"<w:{root} {WORD_NAMESPACES}>{inner}</w:{root}>".encode()


def run(text: str, properties: str = "") -> str:
    """A run of text."""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(text: str, properties: str = "") -> str:
    """A paragraph of plain text."""
    return f"<w:p>{properties}{run(text)}</w:p>"


def table(*rows: str) -> str:
    """A table of rows, each of `<w:tc>`s; its grid is as wide as the first of them."""
    columns = "<w:gridCol/>" * rows[0].count("<w:tc>")
    lines = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    return f"<w:tbl><w:tblPr/><w:tblGrid>{columns}</w:tblGrid>{lines}</w:tbl>"


def cell(content: str) -> str:
    """A cell of a table."""
    return f"<w:tc>{content}</w:tc>"


def drawing(inner: str, uri: str, description: str = "") -> str:
    """A run with a drawing in the line."""
    return (
        '<w:r><w:drawing><wp:inline><wp:extent cx="914400" cy="914400"/>'
        f'<wp:docPr id="1" name="Drawing" descr="{description}"/>'
        f'<a:graphic><a:graphicData uri="{uri}">{inner}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )


def _picture(blip: str, description: str) -> str:
    inner = (
        '<pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr>'
        f"<pic:blipFill><a:blip {blip}/></pic:blipFill><pic:spPr/></pic:pic>"
    )
    return f"<w:p>{drawing(inner, 'http://schemas.openxmlformats.org/drawingml/2006/picture', description)}</w:p>"


def linked_picture(description: str) -> str:
    """A paragraph with a picture that lies elsewhere, at the relation `rIdFar`."""
    return _picture('r:link="rIdFar"', description)


def _box(text: str) -> str:
    return f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph(text)}</w:txbxContent></wps:txbx></wps:wsp>"


def field(begin: str, instruction: str, result: str = "") -> str:
    """The runs of a field; `begin` is what its first character holds, `result` what it shows."""
    shown = f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(result)}' if result else ""
    return (
        f'<w:r><w:fldChar w:fldCharType="begin">{begin}</w:fldChar></w:r><w:r><w:instrText>{instruction}</w:instrText>'
        f'</w:r>{shown}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


_REVISED = (
    f"<w:p>{run('We pay ')}<w:del w:id='91' {_BY}><w:r><w:delText>10,000</w:delText></w:r></w:del>"
    f"<w:ins w:id='92' {_BY}>{run('25,000')}</w:ins></w:p>"
)
_COMMENTED = (
    '<w:p><w:commentRangeStart w:id="7"/><w:r><w:t>Remarkable</w:t></w:r><w:commentRangeEnd w:id="7"/>'
    '<w:r><w:commentReference w:id="7"/></w:r></w:p><w:p><w:r><w:t>Pointed</w:t></w:r>'
    '<w:r><w:commentReference w:id="8"/></w:r></w:p>'
)
_NOTED = '<w:p>{}<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="3"/></w:r></w:p>'
_SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rIdH"/><w:headerReference w:type="first" r:id="rIdH2"/>'
    '<w:footerReference w:type="even" r:id="rIdF"/></w:sectPr>'
)
_COMMENTS = (
    f'<w:comment w:id="7" {_BY}>{paragraph("Please verify")}</w:comment>'
    f'<w:comment w:id="8" {_BY}>{paragraph("Hanging remark")}</w:comment>'
)
CHART = f"""
<c:chartSpace {WORD_NAMESPACES}><c:chart>
<c:title><c:tx><c:rich><a:p><a:r><a:t>Turnover chart</a:t></a:r></a:p></c:rich></c:tx></c:title>
<c:plotArea><c:barChart><c:ser>
<c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>Sales</c:v></c:pt></c:strCache></c:strRef></c:tx>
<c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>Spring</c:v></c:pt></c:strCache></c:strRef></c:cat>
<c:val><c:numRef><c:numCache><c:pt idx="0"><c:v>31415</c:v></c:pt></c:numCache></c:numRef></c:val>
</c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>""".strip()
DIAGRAM = f"""
<dgm:dataModel {WORD_NAMESPACES}><dgm:ptLst><dgm:pt modelId="1">
<dgm:t><a:bodyPr/><a:p><a:r><a:t>Boxed step</a:t></a:r></a:p></dgm:t>
</dgm:pt></dgm:ptLst></dgm:dataModel>""".strip()
NUMBERING = _part(
    "numbering",
    '<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="41"><w:abstractNumId w:val="0"/></w:num>',
)


def in_list(level: int, style: str = "", mark: str = "") -> str:
    """Properties of a paragraph of the numbering above: 1., 1.1, (a). `mark` is what its end has."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:pPr>{named}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="41"/></w:numPr>{mark}</w:pPr>'


def numbered(text: str, level: int, style: str = "") -> str:
    """A paragraph of text in that numbering."""
    return paragraph(text, in_list(level, style))


_CLAUSES = (
    numbered("Terms", 0, "Heading1") + numbered("Payment", 1) + numbered("Duties", 0, "Heading1")
    + numbered("Care", 1) + numbered("of papers", 2) + paragraph("See clause 2.1.")
)  # fmt: skip

_FORMS = (
    "<w:p>"
    + field("<w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>", " FORMCHECKBOX ")
    + run(" ticked ")
    + field(
        "<w:ffData><w:ddList><w:result w:val='1'/><w:listEntry w:val='Red'/><w:listEntry w:val='Violet'/></w:ddList>"
        "</w:ffData>",
        " FORMDROPDOWN ",
    )
    + field("<w:ffData><w:textInput/></w:ffData>", " FORMTEXT ", "typed answer")
    + "</w:p>"
)

_DRAWN = "http://schemas.openxmlformats.org/drawingml/2006"
_GROUP = f"<wpg:wgp>{_box('Grouped box')}</wpg:wgp>"
_RUBY = (
    "<w:p><w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>kana</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>Rubybase</w:t></w:r>"
    "</w:rubyBase></w:ruby></w:r></w:p>"
)
_CHOICE = f"<mc:AlternateContent><mc:Choice Requires='wpg'>{drawing(_GROUP, 'wpg')}</mc:Choice></mc:AlternateContent>"
CHART_HERE = drawing('<c:chart r:id="rIdChart"/>', f"{_DRAWN}/chart")
DIAGRAM_HERE = drawing('<dgm:relIds r:dm="rIdDgm"/>', f"{_DRAWN}/diagram")

_THINGS = (
    f"<w:p>{drawing(_box('Aside in a box'), 'wps')}</w:p>",
    f"<w:p>{_CHOICE}</w:p>",
    f"<w:p>{run('Table ')}<w:fldSimple w:instr=' SEQ Table '>{run('fieldvalue')}</w:fldSimple>{run(': sums')}</w:p>",
    f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('Controlled choice')}</w:sdtContent></w:sdt>",
    _RUBY,
    f"<w:p><w:dir w:val='rtl'>{run('Directed')}</w:dir><w:bdo w:val='rtl'>{run(' overridden')}</w:bdo></w:p>",
    "<w:p><m:oMath><m:r><m:t>mass</m:t></m:r></m:oMath></w:p>",
    '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p>',
    f"<w:p>{run('Vanished words', '<w:rPr><w:vanish/></w:rPr>')}</w:p>",
    '<w:altChunk r:id="rIdAlt"/>',
    _picture('r:embed="rIdPic"', "Portrait inside"),
    linked_picture("Portrait outside"),
    f'<w:p><w:hyperlink r:id="rIdLink">{run("site")}</w:hyperlink></w:p>',
    f'<w:p><w:bookmarkStart w:id="5" w:name="landmark"/>{run("Marked")}<w:bookmarkEnd w:id="5"/></w:p>',
    paragraph("Caption beneath", '<w:pPr><w:pStyle w:val="Caption"/></w:pPr>'),
    table(cell(paragraph("Narrow")), cell(paragraph("first")) + cell(paragraph("Beyondgrid"))),
    table(cell(paragraph("outer")) + cell(table(cell(paragraph("Innermost"))) + "<w:p/>")),
    f"<w:p>{CHART_HERE}</w:p>",
    f"<w:p>{DIAGRAM_HERE}</w:p>",
)

FAMILY = Family(
    files={
        "stories.docx": docx_of(
            paragraph("Ordinary words.") + _REVISED + _COMMENTED + _NOTED.format(run("Claim")) + _SECTION,
            header=("rIdH", _part("hdr", paragraph("Confidential heading"))),
            header2=("rIdH2", _part("hdr", paragraph("Frontal heading"))),
            footer=("rIdF", _part("ftr", paragraph("Version nine"))),
            comments=("rIdC", _part("comments", _COMMENTS)),
            footnotes=("rIdN", _part("footnotes", f'<w:footnote w:id="2">{paragraph("Underneath")}</w:footnote>')),
            endnotes=("rIdE", _part("endnotes", f'<w:endnote w:id="3">{paragraph("Finally")}</w:endnote>')),
        ),
        "things.docx": docx_of(
            "".join(_THINGS) + _FORMS + _CLAUSES,
            {
                "word/afchunk.html": b"<html><body><p>Chunk of a page</p></body></html>",
                "word/media/inside.png": png(),
                "word/charts/chart1.xml": CHART.encode(),
                "word/diagrams/data1.xml": DIAGRAM.encode(),
                "word/embeddings/sheet.xlsx": b"PK",
                "word/numbering.xml": NUMBERING,
            },
            [
                ("rIdAlt", "aFChunk", "afchunk.html"),
                ("rIdPic", "image", "media/inside.png"),
                ("rIdFar", "image", "https://example.org/far.png"),
                ("rIdLink", "hyperlink", "https://example.org/linked"),
                ("rIdChart", "chart", "charts/chart1.xml"),
                ("rIdDgm", "diagramData", "diagrams/data1.xml"),
                ("rIdOle", "package", "embeddings/sheet.xlsx"),
            ],
        ),
    },
    cases=(
        Case(Content.TEXT, "stories.docx", "Ordinary words.", Fate.CARRIED),
        Case(Content.INSERTED, "stories.docx", "25,000", Fate.CARRIED, said="1 insertion by Ann"),
        Case(Content.DELETED, "stories.docx", "10,000", Fate.CARRIED, said="{--10,000--}"),
        Case(Content.COMMENT, "stories.docx", "Please verify", Fate.CARRIED, said="{>>Ann: Please verify<<}"),
        Case(Content.COMMENT, "stories.docx", "Hanging remark", Fate.CARRIED),
        Case(Content.HEADER, "stories.docx", "Confidential heading", Fate.CARRIED),
        Case(Content.HEADER, "stories.docx", "Frontal heading", Fate.CARRIED, said="header of the first page"),
        Case(Content.FOOTER, "stories.docx", "Version nine", Fate.CARRIED, said="footer of even pages"),
        Case(Content.FOOTNOTE, "stories.docx", "Underneath", Fate.CARRIED),
        Case(Content.ENDNOTE, "stories.docx", "Finally", Fate.CARRIED),
        Case(Content.TEXT, "things.docx", "Directed", Fate.CARRIED),
        Case(Content.TEXT, "things.docx", "overridden", Fate.CARRIED),
        Case(Content.TEXT, "things.docx", "Beyondgrid", Fate.CARRIED),
        Case(Content.TEXT, "things.docx", "Innermost", Fate.CARRIED),
        Case(Content.TEXT, "things.docx", "typed answer", Fate.CARRIED),
        Case(Content.TEXT, "things.docx", "Caption beneath", Fate.CARRIED),
        Case(Content.TEXT_BOX, "things.docx", "Aside in a box", Fate.CARRIED),
        Case(Content.TEXT_BOX, "things.docx", "Grouped box", Fate.CARRIED),
        Case(Content.FIELD, "things.docx", "fieldvalue", Fate.CARRIED, said="Table fieldvalue: sums"),
        Case(Content.CONTENT_CONTROL, "things.docx", "Controlled choice", Fate.CARRIED),
        Case(Content.RUBY, "things.docx", "Rubybase", Fate.CARRIED, said="(kana)"),
        Case(Content.FORMULA, "things.docx", "mass", Fate.CARRIED),
        Case(Content.SYMBOL, "things.docx", "\N{BALLOT BOX WITH CHECK}", Fate.CARRIED),
        Case(Content.HIDDEN_TEXT, "things.docx", "Vanished words", Fate.CARRIED, said="[hidden: Vanished words]"),
        Case(Content.INCLUDED, "things.docx", "Chunk of a page", Fate.CARRIED),
        Case(Content.PICTURE, "things.docx", "Portrait inside", Fate.CARRIED, said="40 x 30 pixels"),
        Case(
            Content.LINKED_PICTURE, "things.docx", "Portrait outside", Fate.CARRIED, said="https://example.org/far.png"
        ),
        Case(Content.LINK, "things.docx", "https://example.org/linked", Fate.CARRIED),
        Case(Content.BOOKMARK, "things.docx", "landmark", Fate.NOTED),
        Case(Content.CHART, "things.docx", "Turnover chart", Fate.CARRIED, said="| Spring | 31415 |"),
        Case(Content.DIAGRAM, "things.docx", "Boxed step", Fate.CARRIED),
        Case(Content.EMBEDDED, "things.docx", "sheet.xlsx", Fate.NOTED),
        Case(Content.FORM_VALUE, "things.docx", "Violet", Fate.CARRIED),
        Case(Content.FORM_VALUE, "things.docx", "\N{BALLOT BOX WITH X}", Fate.CARRIED),
        Case(Content.NUMBER, "things.docx", "2.1", Fate.CARRIED, said="2.1 Care"),
        Case(Content.NUMBER, "things.docx", "(a)", Fate.CARRIED, said="# 2. Duties"),
    ),
)
