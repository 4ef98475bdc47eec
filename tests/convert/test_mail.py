"""Mails and saved pages: read whatever program wrote them, with their attachments as files."""

from __future__ import annotations

import io
import random
import time
from email.message import EmailMessage

import docx
import pytest

from convert.mail import read_mail
from tests.convert.conftest import Converter
from tests.convert.documents import png, word
from tests.convert.kinds.texts import FAMILY

pytestmark = pytest.mark.proof


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "ada@example.org", "Subject": "Pumps", **headers}.items():
        message[name] = value
    return message


def test_attachments_become_files_beside_what_is_made_of_a_mail(converter: Converter) -> None:
    message = mail()
    message.set_content("See the contract.\n")
    contract = word("The contract ends in March.")
    for name in ("contract.docx", "contract.docx", "../../etc/pass\twd", "con.txt", ""):
        message.add_attachment(contract, maintype="application", subtype="octet-stream", filename=name or None)
    for suffix in ("md", "docx", "pdf"):
        done = converter.convert({"in/a.eml": message.as_bytes()}, "in/a.eml", f"out/b.{suffix}")
        folder = "out/b_attachments/"
        made = {path: data for path, data in done.files.items() if path.startswith(folder)}
        assert made == {
            f"{folder}{name}": contract
            for name in ("contract.docx", "contract-2.docx", "passwd", "attachment-4.txt", "attachment-5")
        }
    read = converter.read({"b_attachments/contract.docx": contract}, "b_attachments/contract.docx")
    assert "The contract ends in March." in read


def test_a_mail_becomes_a_letter_in_word_with_its_picture(converter: Converter) -> None:
    files = {"letter.eml": FAMILY.files["letter.eml"]}
    made = docx.Document(io.BytesIO(converter.convert(files, "letter.eml", "a.docx").files["a.docx"]))
    texts = [each.text for each in made.paragraphs]
    assert texts[0] == "Größe"
    assert "Enclosed words" in texts
    assert len(made.inline_shapes) == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(
            b"From: a\nContent-Type: text/plain; charset=iso-2022-jp\n\n\x1b$BF|K\\\x1b(B", "日本", id="Japanese"
        ),
        pytest.param(b"From: a\nContent-Type: text/plain; charset=gb2312\n\n\xd6\xd0\xce\xc4", "中文", id="Chinese"),
        pytest.param(
            b"From: a\nContent-Type: text/plain; charset=no-such\n\n\xd0\xbf\xd1\x80", "пр", id="unknown charset"
        ),
        pytest.param("From: Grüße <a@b>\n\nx".encode(), "Grüße <a@b>", id="UTF-8 in a header"),
        pytest.param("From: Grüße <a@b>\n\nx".encode("cp1252"), "Grüße <a@b>", id="Latin-1 in a header"),
        pytest.param(b"From: a\nSubject: =?x-no?q?a?=\n\nbody", "body", id="unknown charset of a header"),
        pytest.param(b"From: a\nContent-Transfer-Encoding: base64\n\n!!!not base64", "**From:** a", id="broken base64"),
        pytest.param(b"From: a\nContent-Type: multipart/mixed\n\nno boundary", "**From:** a", id="no boundary"),
        pytest.param(b"From: a\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhalf", "half", id="no end"),
        pytest.param(b"From: \nTo: @,<>;:\nDate: never\nContent-Disposition: ;;=\n\nkept", "kept", id="broken headers"),
        pytest.param(b"From a@b Mon\nFrom: a\n\nunix", "unix", id="a line of a mailbox before it"),
        pytest.param(b"Subject: x\r\n\r\nline one\r\nline two\r\n", "line one\nline two", id="lines of Windows"),
    ],
)
def test_mails_of_any_program_are_read(converter: Converter, raw: bytes, words: str) -> None:
    assert words in converter.read({"a.eml": raw}, "a.eml")


def test_what_cannot_be_read_of_a_mail_is_said(converter: Converter) -> None:
    secret = b"From: a\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nx"
    assert "it is encrypted, and its text cannot be read" in converter.read({"a.eml": secret}, "a.eml")
    deep = mail()
    deep.set_content("innermost")
    for _ in range(30):
        outer = mail()
        outer.set_content("outer")
        outer.add_attachment(deep)
        deep = outer
    read = converter.read({"a.eml": deep.as_bytes()}, "a.eml")
    assert "more parts are left out; a mail is read to 1000 parts, 20 deep" in read
    assert "passages of text are left out: part " in read


def test_what_a_mail_server_reports_is_read(converter: Converter) -> None:
    report = (
        b"From: Mailer\nContent-Type: multipart/report; boundary=b\n\n--b\n\nUndelivered.\n--b\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; ada@example.org\n"
        b"Diagnostic-Code: smtp; 550 no such person\n--b\n"
        b"Content-Type: message/rfc822\n\nSubject: Returned\n\nx\n--b--\n"
    )
    read = converter.read({"a.eml": report}, "a.eml")
    for words in ("Undelivered.", "rfc822; ada@example.org", "550 no such person", "## Returned"):
        assert words in read
    assert "note:" not in read


def test_reading_a_mail_says_how_to_read_what_is_attached_to_it(converter: Converter) -> None:
    message = mail()
    message.set_content("See the contract.\n")
    message.add_attachment(word("Ends."), maintype="application", subtype="octet-stream", filename="عقد.docx")
    read = converter.read({"a.eml": message.as_bytes()}, "a.eml")
    assert "attachments become files that can be read when convert_document makes md of this" in read
    assert "Attachments:** عقد.docx (application/octet-stream," in read
    made = converter.convert({"a.eml": message.as_bytes()}, "a.eml", "a.md").files
    assert "Ends." in converter.read(dict(made), "a_attachments/عقد.docx")


def test_a_saved_page_shows_its_pictures_and_not_what_it_is_drawn_with(converter: Converter) -> None:
    done = converter.convert({"saved.mht": FAMILY.files["saved.mht"]}, "saved.mht", "a.md")
    assert set(done.files) == {"a.md", "a_media/picture-1.png"}
    assert done.files["a_media/picture-1.png"] == png(40, 30)
    assert "note:" not in done.output


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"From: a\nTo: " + b"<a@b>, " * 300_000 + b"\n\nx", id="addresses"),
        pytest.param(b"From: a\nSubject: " + b"=?utf-8?q?a?= " * 200_000 + b"\n\nx", id="encoded words"),
        pytest.param(b"From: a\n" + b"X-A: b\n" * 500_000 + b"\nx", id="headers"),
        pytest.param(b"From: a\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 100_000, id="parts"),
        pytest.param(
            b"From: a\n"
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)),
            id="deep",
        ),
        pytest.param(b"From: a\nContent-Type: text/plain; " + b"a*0=b; " * 100_000 + b"\n\nx", id="parameters"),
        pytest.param(b"From: a\nContent-Type: text/html\n\n" + b"<img src=" * 500_000, id="pictures"),
        pytest.param(b"From: a\nContent-Type: text/html\n\n" + b"<!--" * 500_000 + b">", id="comments"),
        pytest.param(b"From: a\nContent-Type: message/delivery-status\n\n" + b"a: b\n\n" * 200_000, id="blocks"),
        pytest.param(b"From: a\n\n" + b"\n \n" * 1_000_000, id="blank lines"),
    ],
)
def test_hostile_mails_are_bounded(converter: Converter, data: bytes) -> None:
    began = time.process_time()
    done = converter.calls([("read_document", {"path": "a.eml"})], {"a.eml": data})
    assert time.process_time() - began < 20
    assert done.result()["ok"] or "nested too deep" in done.output or "limit" in done.output, done.output


def test_no_damage_to_a_mail_brings_the_reader_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    chosen = random.Random(7)
    for path in ("letter.eml", "saved.mht"):
        for _ in range(300):
            data = bytearray(FAMILY.files[path])
            for _ in range(chosen.randrange(1, 30)):
                at = chosen.randrange(len(data))
                data[at : at + chosen.randrange(4)] = chosen.randbytes(chosen.randrange(4))
            read_mail(b"From: a\n" + bytes(data), path, tmp_path_factory.mktemp("media"))
