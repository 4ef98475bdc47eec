"""What cannot be read is named as what it is, and what is only named wrongly is read."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.convert.conftest import Converter
from tests.convert.documents import png, slides, word


def compound(*streams: str) -> bytes:
    """The beginning of a compound file, and a directory with these names ([MS-CFB] 2.6.1)."""
    names = b"".join(name.encode("utf-16-le").ljust(64, b"\0") + b"\0" * 64 for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names


def odt(manifest: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", b"\x93" * 50)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


REFUSED = {
    "locked.docx": (compound("EncryptionInfo", "EncryptedPackage"), "protected by a password"),
    "locked.xlsx": (compound("EncryptionInfo", "EncryptedPackage"), "protected by a password"),
    "locked.odt": (odt("<manifest:encryption-data/>"), "protected by a password"),
    "old.doc": (compound("WordDocument"), "Word's older binary format (doc)"),
    "old.docx": (compound("WordDocument"), "Word's older binary format (doc)"),
    "old.ppt": (compound("PowerPoint Document"), "PowerPoint's older binary format (ppt)"),
    "mail.msg": (compound("__properties_version1.0"), "Outlook's older binary format (msg)"),
    "other.docx": (compound("Something"), "a program that is not known here"),
    "empty.docx": (b"", "is empty: it has 0 bytes"),
    "empty.pdf": (b"", "is empty: it has 0 bytes"),
    "empty.xlsx": (b"", "is empty: it has 0 bytes"),
    "picture.docx": (png(), "damaged or is not what its suffix says"),
    "torn.docx": (word("x" * 5_000)[:4_000], "damaged or is not what its suffix says"),
    "minutes.pages": (b"PK", "is a document of Apple Pages, which is neither read nor written; ask for docx or pdf"),
    "talk.odp": (b"PK", "is a presentation of OpenDocument"),
    "letter.msg": (b"?", "is a message of Outlook"),
    "letter.eml": (b"<p>no mail</p>", "letter.eml is no mail: it has no header such as From or Subject"),
    "empty.mht": (b"", "empty.mht is no mail"),
    "plan.ics": (b"BEGIN:VCALENDAR", ".ics files are not converted; read_file reads the text as it is"),
    "no.xyz": (b"what is this", "no document format is known by the suffix '.xyz'"),
}

RENAMED = {
    "letter.doc": (word("Dear reader"), "Dear reader", "a docx file by what is in it"),
    "letter.pdf": (word("Dear reader"), "Dear reader", "a docx file by what is in it"),
    "letter.xyz": (word("Dear reader"), "Dear reader", "a docx file by what is in it"),
    "letter.docx": (rb"{\rtf1 Dear reader}", "Dear reader", "a rtf file by what is in it"),
    "deck.docx": (slides(), "Plans & aims", "a pptx file by what is in it"),
}


def test_what_cannot_be_read_is_named_as_what_it_is(converter: Converter) -> None:
    files = {name: content for name, (content, _) in REFUSED.items()}
    done = converter.calls([("read_document", {"path": name}) for name in files], files)
    for result, (name, (_, said)) in zip(done.results, REFUSED.items(), strict=True):
        assert not result["ok"], name
        assert said in result["output"]
        assert result["output"].startswith(f"error: {name}")
        assert "/tmp" not in result["output"]


def test_what_is_only_named_wrongly_is_read_and_told(converter: Converter) -> None:
    files = {name: content for name, (content, _, _) in RENAMED.items()}
    done = converter.calls([("read_document", {"path": name}) for name in files], files)
    for result, (name, (_, words, said)) in zip(done.results, RENAMED.items(), strict=True):
        assert words in result["output"], name
        assert f"note: {name} is {said}, and is read as one" in result["output"]


def test_a_conversion_says_what_its_source_was(converter: Converter) -> None:
    done = converter.convert({"a.doc": word("Dear reader")}, "a.doc", "a.md")
    assert done.files["a.md"] == b"Dear reader\n"
    assert "note: a.doc is a docx file by what is in it" in done.output


@pytest.mark.parametrize(
    "path, content",
    [("my book.tex", rb"\unknownmacro{x} \begin{foo}"), ("my cell.ipynb", b"{}"), ("my page.rst", b".. include:: x\n")],
    ids=["tex", "ipynb", "rst"],
)
def test_what_is_said_of_a_file_has_its_own_name(path: str, content: bytes, converter: Converter) -> None:
    done = converter.calls([("read_document", {"path": path})], {path: content})
    assert "source." not in done.output
    assert "document.json" not in done.output


def test_a_damaged_thumbnail_harms_nobody(converter: Converter) -> None:
    out, picture = io.BytesIO(), b"JPEG" * 50
    with (
        zipfile.ZipFile(io.BytesIO(word("Dear reader"))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, picture if "thumbnail" in name else source.read(name))
    damaged = out.getvalue().replace(picture, picture[:-4] + b"GONE")
    assert "Dear reader" in converter.read({"a.docx": damaged}, "a.docx")
