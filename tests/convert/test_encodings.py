"""Text in whatever encoding it was saved: what is declared is obeyed, and what is guessed is named."""

from __future__ import annotations

import codecs

import pytest

from swarm_job.charset import NotText, decoded
from tests.convert.conftest import Converter

RUSSIAN = "Уважаемые клиенты, благодарим вас за поддержку. В следующем месяце собрание пройдёт в Москве."
WRITTEN = {
    "cp932": "お客様各位。平素より格別のご高配を賜り、厚く御礼申し上げます。来月の会議は東京本社で開催いたします。",
    "euc_jp": "資料は金曜日までに送ってください。来月の会議は東京本社で開催いたします。",
    "gb18030": "尊敬的客户：感谢您对我们工作的支持。下个月的会议将在上海总部举行，请在星期五之前把材料发给我们。",
    "big5": "親愛的客戶：感謝您對我們工作的支持。下個月的會議將在台北總部舉行，請在星期五之前把資料寄給我們。",
    "euc_kr": "고객 여러분께. 항상 저희를 지원해 주셔서 감사합니다. 다음 달 회의는 서울 본사에서 열립니다.",
    "cp874": "เรียนลูกค้าทุกท่าน ขอขอบคุณสำหรับการสนับสนุน การประชุมเดือนหน้าจะจัดขึ้นที่กรุงเทพ",
    "cp1250": "Vážení zákazníci, děkujeme za vaši podporu. Příští měsíc se schůze bude konat v Brně.",
    "cp1251": RUSSIAN,
    "cp1252": "Sehr geehrte Kunden, für Ihre Unterstützung danken wir. Größe, Straße und Gebühr stehen im Anhang.",
    "cp1253": "Αγαπητοί πελάτες, σας ευχαριστούμε για την υποστήριξή σας. Η συνάντηση θα γίνει στην Αθήνα.",
    "cp1254": "Değerli müşterilerimiz, desteğiniz için teşekkür ederiz. Lütfen belgeleri cuma gününe kadar gönderiniz.",
    "cp1255": "לקוחות יקרים, אנו מודים לכם על תמיכתכם. הפגישה בחודש הבא תתקיים בתל אביב.",
    "cp1256": "عملاؤنا الأعزاء، نشكركم على دعمكم. سيعقد اجتماع الشهر القادم في القاهرة.",
    "cp1257": "Gerbiami klientai, dėkojame už jūsų paramą. Kitą mėnesį susirinkimas vyks Vilniuje.",
    "iso8859_2": "Szanowni klienci, dziękujemy za państwa wsparcie. Spotkanie w przyszłym miesiącu będzie w Łodzi.",
    "koi8_r": RUSSIAN,
    "cp866": RUSSIAN,
}


@pytest.mark.parametrize("encoding", WRITTEN)
def test_an_encoding_that_nothing_tells_is_recognised_and_named(encoding: str) -> None:
    text = decoded(WRITTEN[encoding].encode(encoding))
    assert text.characters == WRITTEN[encoding]
    assert text.note.endswith(f"read as {text.encoding}, a guess")


def test_every_reader_recognises_and_names_it(converter: Converter) -> None:
    suffixes = ("csv", "txt", "md", "html", "rst")
    files = {f"a.{suffix}": f"<p>{RUSSIAN}</p>".encode("koi8_r") for suffix in suffixes}
    files["a.csv"] = "id;имя\n1;Мария\n2;Николай\n".encode("cp1251")
    done = converter.calls([("read_document", {"path": path}) for path in files], files)
    assert all("a guess" in result["output"] for result in done.results), done.output
    assert "| 2 | Николай |" in done.results[0]["output"]
    assert all("благодарим" in result["output"] for result in done.results[1:])


@pytest.mark.parametrize(
    "data, encoding",
    [
        (codecs.BOM_UTF8 + RUSSIAN.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + RUSSIAN.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + RUSSIAN.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + RUSSIAN.encode("utf-32-le"), "utf-32-le"),
        (RUSSIAN.encode() + b"\0" * 500, "utf-8"),
        (b'<html><meta charset="koi8-r">' + RUSSIAN.encode("koi8_r"), "koi8-r"),
        (b'<meta http-equiv=X content="text/html; charset=cp1251">' + RUSSIAN.encode("cp1251"), "cp1251"),
        (b'<?xml version="1.0" encoding="ISO-8859-5"?>' + RUSSIAN.encode("iso8859_5"), "iso8859-5"),
        (rb"\usepackage[cp1251]{inputenc} " + RUSSIAN.encode("cp1251"), "cp1251"),
        (b'<meta charset=iso-8859-1>\x93' + RUSSIAN.encode("ascii", "ignore") + b"\x94", "cp1252"),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "utf-32", "zeros behind", "meta", "http-equiv", "xml", "tex", "browsers"],
)  # fmt: skip
def test_marks_and_declarations_are_obeyed_without_a_word(data: bytes, encoding: str) -> None:
    text = decoded(data)
    assert (text.encoding, text.note) == (encoding, "")
    assert text.characters.rstrip("”")[-8:] == RUSSIAN[-8:] or encoding == "cp1252"


def test_utf8_with_a_bad_byte_stays_utf8_and_the_place_is_named() -> None:
    text = decoded("Größe\nund Länge".encode() + b"\xff!")
    assert text.characters == "Größe\nund Länge\N{REPLACEMENT CHARACTER}!"
    assert text.note == "1 place is damaged and read as \N{REPLACEMENT CHARACTER}, the first in line 2"


@pytest.mark.parametrize(
    "data, said",
    [
        (b"<meta charset=windows-1251>" + RUSSIAN.encode(), "it says windows-1251 and is UTF-8"),
        (
            b"<meta charset=utf-8>" + RUSSIAN.encode("cp1251"),
            "it says utf-8, which it is not; read as Windows-1251, a guess",
        ),
    ],
    ids=["it is UTF-8", "it is not"],
)
def test_a_declaration_that_is_not_true_is_named(data: bytes, said: str) -> None:
    text = decoded(data)
    assert text.characters.endswith(RUSSIAN)
    assert said in text.note


@pytest.mark.parametrize(
    "data", [b"\0\0\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\xff", b"\x7fELF\0\0\0\0\x01"], ids=["zeros", "png", "elf"]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotText):
        decoded(data)


@pytest.mark.parametrize("label", ["utf-7000", "hex", "undefined", "utf-16", "idna"])
def test_a_declaration_of_no_encoding_of_text_is_none(label: str) -> None:
    assert decoded(f"<meta charset={label}>Größe".encode()).characters.endswith("Größe")
