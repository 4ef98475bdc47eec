"""Real files for the tests, made here: pictures, office files, and a document with everything in it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping

import docx
import openpyxl
import pptx
from pptx.util import Inches

RED = (200, 30, 30)

EVERYTHING = """---
title: Quarterly report
author: [Ada Lovelace, Charles Babbage]
---

# Introduction

Some *emphasis*, **strength** and `code()`. See [the site](https://example.org/path).[^1]
Items right under a line:
- first
- second
  - nested

1. one
2. two

## Numbers

| Name   | Amount |
|--------|-------:|
| Apples |     12 |
| Pears  |  3,400 |

```python
def fib(n):
    return n
```

> Quoted words.

A picture: ![red square](images/red.png)

Energy is $E = mc^2$.

[^1]: The footnote's text.
"""


def png(width: int = 40, height: int = 30, colour: tuple[int, int, int] = RED) -> bytes:
    """A picture of one colour."""
    rows = (b"\0" + bytes(colour) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" fill="green"/></svg>'
)


def word(*paragraphs: str, title: str = "") -> bytes:
    """A docx as python-docx writes it, which is not how pandoc does."""
    document = docx.Document()
    document.core_properties.title = title
    for text in paragraphs:
        document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


WORD_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{namespace}"'
    for prefix, namespace in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    }.items()
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument"


def docx_of(
    body: str,
    parts: Mapping[str, bytes] | None = None,
    relations: Iterable[tuple[str, str, str]] = (),
    **stories: tuple[str, bytes],
) -> bytes:
    """A docx with this WordprocessingML in its body.

    `stories` are parts beside it that it refers to, `header=("rIdH", b"<w:hdr ...>")`; `parts` are others, whole, and
    `relations` (id, kind, target) point to them, or to URLs.
    """
    types, listed, files = [], [], dict(parts or {})
    for kind, (identifier, content) in stories.items():
        name = f"{kind.rstrip('0123456789')}-{identifier}.xml"
        files[f"word/{name}"] = content
        story = kind.rstrip("0123456789")
        types.append(f'<Override PartName="/word/{name}" ContentType="{_TYPE}.wordprocessingml.{story}+xml"/>')
        listed.append(f'<Relationship Id="{identifier}" Type="{_RELATION}/{story}" Target="{name}"/>')
    for identifier, kind, target in relations:
        mode = ' TargetMode="External"' if "://" in target else ""
        listed.append(f'<Relationship Id="{identifier}" Type="{_RELATION}/{kind}" Target="{target}"{mode}/>')
    base = word()
    with zipfile.ZipFile(io.BytesIO(base)) as archive:
        known = archive.read("word/_rels/document.xml.rels").decode()
        typed = archive.read("[Content_Types].xml").decode()
    own = known.replace("</Relationships>", f"{''.join(listed)}</Relationships>")
    return rezipped(
        base,
        {
            "word/document.xml": f"<w:document {WORD_NAMESPACES}><w:body>{body}</w:body></w:document>".encode(),
            "word/_rels/document.xml.rels": own.encode(),
            "[Content_Types].xml": typed.replace("</Types>", f"{''.join(types)}</Types>").encode(),
            **files,
        },
    )


def slides() -> bytes:
    """Two slides: nested points with notes; a table and a picture."""
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Plans & aims"
    frame = first.placeholders[1].text_frame
    frame.text = "Grow"
    point = frame.add_paragraph()
    point.text, point.level = "slowly", 1
    first.notes_slide.notes_text_frame.text = "Say it with a smile"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Figures"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, texts in enumerate((("Year", "Sum"), ("2026", "<5>"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    second.shapes.add_picture(io.BytesIO(png()), Inches(1), Inches(4))
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def workbook(sheets: Mapping[str, list[list[object]]]) -> bytes:
    """An xlsx, with formulas that no program has worked out."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def unzipped(archive: bytes) -> dict[str, bytes]:
    """Every part of the archive by its name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return {name: source.read(name) for name in source.namelist()}


def rezipped(archive: bytes, changes: Mapping[str, bytes]) -> bytes:
    """The archive with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name not in changes:
                target.writestr(name, source.read(name))
        for name, content in changes.items():
            target.writestr(name, content)
    return out.getvalue()
