"""Documents that want something: other files, the network, all of the memory, all of the time."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from convert.errors import CannotConvert
from convert.typeset.compiler import typeset
from tests.convert.conftest import Converter
from tests.convert.documents import png, rezipped, slides, unzipped, word, workbook
from tests.convert.kinds.opendocument import opendocument
from tests.convert.kinds.texts import older_workbook
from tests.convert.wanting import WANTING
from tests.support.paths import ROOT

pytestmark = pytest.mark.proof

CANARY = "canary-7f3a-that-nobody-may-see"
BOUNDED = {"memory_bytes": 700_000_000, "cpu_seconds": 8, "seconds": 25}


@pytest.fixture(scope="session")
def converter(deployed: Converter) -> Converter:
    """The whole function: this is about what it does around a document, too."""
    return deployed


class Trap:
    """A web server that nobody should call."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(png())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    thread = threading.Thread(target=trap.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield trap
    trap.server.shutdown()
    trap.server.server_close()
    thread.join()


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file outside of the workspace, in words and as a picture would be."""
    place = tmp_path / "canary.txt"
    place.write_text(CANARY)
    (tmp_path / "canary.png").write_bytes(png() + CANARY.encode())
    (tmp_path / "canary.sty").write_text(f"\\newcommand{{\\canary}}{{{CANARY}}}")
    (tmp_path / "canary.bib").write_text(f"@book{{canary, title={{{CANARY}}}}}")
    return place


TARGETS = ["docx", "html"]  # pdf and epub stand below


def wanting(name: str, canary: Path, trap: Trap) -> dict[str, bytes]:
    """The file, asking for the canary (a path without its suffix) and for the trap."""
    text = WANTING[name].replace("CANARY", str(canary.with_suffix(""))).replace("URL", trap.url)
    return {name: text.encode()}


def assert_nothing_got_out(files: Mapping[str, bytes], output: str, trap: Trap) -> None:
    for content in files.values():
        for part in unpacked(content):
            assert CANARY.encode() not in part
    assert CANARY not in output
    assert trap.asked == []


def unpacked(content: bytes) -> list[bytes]:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return [content]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]


@pytest.mark.parametrize("name", WANTING)
def test_no_file_and_no_address_is_opened(name: str, converter: Converter, canary: Path, trap: Trap) -> None:
    calls: list[tuple[str, Mapping[str, Any]]] = [
        ("convert_document", {"source": name, "target": f"out.{suffix}"}) for suffix in TARGETS
    ]
    done = converter.calls([*calls, ("read_document", {"path": name})], wanting(name, canary, trap))
    assert_nothing_got_out(done.files, done.output, trap)
    # Without what it wanted a document is still a document; reStructuredText insists on its raw files.
    assert all(result["ok"] for result in done.results) is (name != "include.rst"), done.output


@pytest.mark.parametrize("name", WANTING)
@pytest.mark.parametrize("suffix", ["pdf", "epub"])
def test_pandoc_and_typst_alone_open_nothing_either(
    name: str, suffix: str, canary: Path, trap: Trap, tmp_path: Path
) -> None:
    """The same without the system's own filter on network calls: the worker as it is, on any machine."""
    files = wanting(name, canary, trap)
    made, output = unconfined(tmp_path, files, {"source": name, "target": f"out.{suffix}"})
    assert_nothing_got_out(made, output, trap)


def unconfined(folder: Path, files: Mapping[str, bytes], arguments: Mapping[str, Any]) -> tuple[dict[str, bytes], str]:
    scratch, workspace = folder / "scratch", folder / "workspace"
    scratch.mkdir()
    for path, content in files.items():
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_bytes(content)
    call = {
        "tool": "convert_document", "arguments": arguments, "workspace": str(workspace),
        "memory_bytes": 1_000_000_000, "now": "2026-01-01T00:00:00+00:00", "output_chars": 5_000,
    }  # fmt: skip
    (scratch / "call.json").write_text(json.dumps(call))
    subprocess.run(
        [sys.executable, "-m", "convert.worker", str(scratch)],
        cwd=scratch,
        env={"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'layers/job'}", "HOME": str(scratch)},
        check=True,
        timeout=30,
    )
    answer = json.loads((scratch / "answer.json").read_text())
    return {path: (scratch / name).read_bytes() for path, name in answer["files"].items()}, answer["output"]


@pytest.mark.parametrize("dependent", ["plain", "encoded"])
def test_a_style_that_points_to_another_is_refused(dependent: str, trap: Trap, tmp_path: Path) -> None:
    relation = "independent-parent" if dependent == "plain" else "independent&#45;parent"
    style = f"""<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0"><info><title>x</title>
        <id>x</id><link href="{trap.url}/parent" rel="{relation}"/></info></style>"""
    files = {"a.md": b"[@knuth]", "r.bib": b"@book{knuth, title={T}}", "s.csl": style.encode()}
    arguments = {"source": "a.md", "target": "a.html", "bibliography": "r.bib", "citation_style": "s.csl"}
    made, output = unconfined(tmp_path, files, arguments)
    assert made == {}
    assert "points to another style" in output
    assert trap.asked == []


@pytest.mark.parametrize(
    "program",
    [
        '#read("/etc/hostname")',
        '#read("../canary.txt")',
        '#image("../canary.png")',
        '#import "@preview/example:0.1.0": x',
    ],
    ids=["absolute", "above", "picture above", "package"],
)
def test_a_program_of_the_typesetter_stays_in_its_folder(program: str, canary: Path, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/main.typ").write_text(program)
    started = time.monotonic()
    with pytest.raises(CannotConvert):
        typeset(tmp_path / "root/main.typ", tmp_path / "root/out.pdf", {})
    assert time.monotonic() - started < 10
    assert not (tmp_path / "root/out.pdf").exists()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
BARE_TYPE = '<?xml version="1.0"?><!DOCTYPE w:document>'
FILE_ENTITY = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


def with_entities(prologue: str, entity: str) -> dict[str, bytes]:
    odt = io.BytesIO()
    with zipfile.ZipFile(odt, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", f"{prologue}<l>&{entity};</l>")
    body = (
        f'{prologue}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        f"<w:t>&{entity};</w:t></w:r></w:p></w:body></w:document>"
    )
    shared = f"{prologue}<sst><si><t>&{entity};</t></si></sst>"
    return {
        "a.docx": rezipped(word("x"), {"word/document.xml": body.encode()}),
        "b.odt": odt.getvalue(),
        "c.xlsx": rezipped(workbook({"S": [["x"]]}), {"xl/sharedStrings.xml": shared.encode()}),
        "d.pptx": rezipped(slides(), {"ppt/slides/slide1.xml": f"{prologue}<l>&{entity};</l>".encode()}),
    }


@pytest.mark.parametrize("prologue, entity", [(LAUGHS, "j"), (FILE_ENTITY, "j")], ids=["billion laughs", "file"])
def test_xml_entities_are_refused(prologue: str, entity: str, converter: Converter) -> None:
    files = with_entities(prologue, entity)
    calls = [("convert_document", {"source": path, "target": f"{path[0]}.md"}) for path in files]
    done = converter.calls(calls, files, BOUNDED)
    assert [result["ok"] for result in done.results] == [False] * len(files)
    assert all("defines XML entities" in result["output"] for result in done.results)


def test_a_document_type_alone_is_refused_in_a_word_file(converter: Converter) -> None:
    """As a preview refuses it: no office program writes one, and what it may name is not looked up to find out."""
    files = {"a.docx": with_entities(BARE_TYPE, "amp")["a.docx"]}
    done = converter.calls([("read_document", {"path": "a.docx"})], files, BOUNDED)
    assert "defines XML entities or types" in done.result()["output"]


def test_entities_hidden_from_the_check_still_meet_the_limits(converter: Converter) -> None:
    body = LAUGHS.replace('version="1.0"', 'version="1.0" encoding="utf-16"') + "<l>&j;</l>"
    files = {"a.docx": rezipped(word("x"), {"word/document.xml": body.encode("utf-16")})}
    done = converter.calls([("convert_document", {"source": "a.docx", "target": "a.md"})], files, BOUNDED)
    assert not done.result()["ok"]


def test_an_archive_that_unpacks_to_gigabytes_is_not_opened(converter: Converter) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(400):
            part.write(b" " * (1 << 20))
    calls = [("convert_document", {"source": "a.docx", "target": "a.md"}), ("read_document", {"path": "b.md"})]
    done = converter.calls(calls, {"a.docx": out.getvalue(), "b.md": b"calm"}, BOUNDED)
    assert "unpacks to more than" in done.result("call_1")["output"]
    assert done.result("call_2")["ok"]


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.md", b"[" * 60_000 + b"](" * 20_000),
        ("a.md", b"> " * 30_000 + b"deep"),
        ("a.html", b"<div>" * 200_000),
        ("a.tex", b"\\newcommand{\\x}{\\x\\x}\\x"),
        ("a.ipynb", b"[" * 200_000),
    ],
    ids=["brackets", "quotes", "divs", "macro", "json"],
)
def test_a_document_without_end_is_ended(name: str, content: bytes, converter: Converter) -> None:
    limits = {**BOUNDED, "cpu_seconds": 2}
    started = time.monotonic()
    calls = [("convert_document", {"source": name, "target": "out.docx"}), ("read_document", {"path": "b.md"})]
    done = converter.calls(calls, {name: content, "b.md": b"calm"}, limits)
    assert time.monotonic() - started < BOUNDED["seconds"]
    assert done.result("call_2")["ok"], "the next call is done all the same"


REPEATED = (
    '<table:table table:name="S"><table:table-row table:number-rows-repeated="900000000"><table:table-cell'
    ' table:number-columns-repeated="900000000"><text:p>again</text:p></table:table-cell></table:table-row>'
    "</table:table>"
)
WIDE = workbook({"S": [["x"]]})
FAR = re.sub(rb'r="A1"', b'r="ZZZ9999999"', unzipped(WIDE)["xl/worksheets/sheet1.xml"])
OF_NUMBERS = {
    "a.ods": opendocument("spreadsheet", REPEATED),
    "a.xls": older_workbook()[:300] + b"\xff" * 400,
    "b.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4_000,
    "a.xlsx": rezipped(WIDE, {"xl/worksheets/sheet1.xml": FAR}),
    "b.xlsx": rezipped(WIDE, {"xl/worksheets/sheet1.xml": b"<worksheet/>"}),
    "c.xlsx": rezipped(WIDE, {"xl/worksheets/sheet1.xml": FAR[:200]}),
    "a.rtf": b"{\\rtf1" + b"{\\b" * 50_000 + b"\\bin999999999 x",
    "a.csv": b'"' + b"x,\n" * 100_000,
    "a.html": b"<select><textarea><option>" * 20_000,
    "hidden.html": b"<div hidden>" * 50_000 + b"x" + b"</div>" * 50_000,
    "a.jats": b"<article><body><list><list-item><label>" + b" " * 50_000 + b"a" + b" " * 50_000,
    "a.tex": rb"\begin{document}" + rb"\keyword{a} " * 50_000,
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_what_lies_about_its_size_or_its_parts_is_bounded(name: str, converter: Converter) -> None:
    calls = [("read_document", {"path": name}), ("read_document", {"path": "b.md"})]
    done = converter.calls(calls, {name: OF_NUMBERS[name], "b.md": b"calm"}, BOUNDED)
    first = done.result("call_1")
    assert first["ok"] or first["output"].startswith("error: ")
    assert "Traceback" not in first["output"]
    assert not first["timed_out"]
    assert done.result("call_2")["ok"], "the next call is done all the same"


@pytest.mark.parametrize(
    "source", ["-o.md", "--output=x.md", "+RTS.md", "-.md", "a b;$(id).md", "http/x.md"], ids=lambda name: name
)
def test_a_name_is_only_a_name(source: str, converter: Converter) -> None:
    target = source.removesuffix(".md") + ".docx"
    done = converter.convert({source: b"text", "-.png": png()}, source, target)
    assert set(done.files) == {target}


def test_a_member_named_to_leave_its_folder_does_not(converter: Converter) -> None:
    book = {"a.md": b"![p](p.png)", "p.png": png()}
    made = converter.convert(book, "a.md", "a.docx").files["a.docx"]
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        relations = archive.read("word/_rels/document.xml.rels").decode()
        (picture,) = [name for name in archive.namelist() if name.endswith(".png")]
        data = archive.read(picture)
    outside = "../../../escaped.png"
    hostile = rezipped(
        made,
        {
            "word/_rels/document.xml.rels": relations.replace(picture.removeprefix("word/"), outside).encode(),
            f"word/{outside}": data,
        },
    )
    done = converter.convert({"a.docx": hostile}, "a.docx", "out/a.md")
    assert all(path == "out/a.md" or path.startswith("out/a_media/") for path in done.files)


def test_the_time_of_a_batch_is_over_for_all_at_once(converter: Converter) -> None:
    calls = [("read_document", {"path": "b.md"})] * 8
    done = converter.calls(calls, {"b.md": b"calm"}, {"seconds": 1})
    assert [result["timed_out"] for result in done.results[-1:]] == [True]
    assert "of this batch were over" in done.results[-1]["output"]
