"""Pages and images as pictures for the model, which are bounded whatever they are made of."""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Mapping
from typing import Any

import pypdf
import pytest
from PIL import Image

from tests.convert.conftest import Converter

pytestmark = pytest.mark.proof

Calls = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture(scope="session")
def converter(deployed: Converter) -> Converter:
    """The whole function: this is about what it does around a document, too."""
    return deployed


def pdf(*sizes: tuple[float, float], password: str = "") -> bytes:
    writer = pypdf.PdfWriter()
    for size in sizes:
        writer.add_blank_page(*size)
    if password:
        writer.encrypt(password)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def image(picture: Image.Image, kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    picture.save(made, kind)
    return made.getvalue()


def seen(result: Mapping[str, Any]) -> list[Image.Image]:
    assert result["ok"], result
    return [Image.open(io.BytesIO(base64.b64decode(picture))) for picture in result["pictures"]]


def viewed(converter: Converter, name: str, data: bytes, **arguments: object) -> tuple[str, list[Image.Image]]:
    """What is said, and the pictures."""
    tool = "view_pages" if name.endswith(".pdf") else "view_image"
    result = converter.calls([(tool, {"path": name, **arguments})], {name: data}).result()
    return result["output"], seen(result)


def refused(converter: Converter, name: str, data: bytes, **arguments: object) -> str:
    result = converter.calls([("view_pages", {"path": name, **arguments})], {name: data}).result()
    assert not result["ok"]
    assert not result["pictures"]
    return str(result["output"])


def test_the_pages_that_are_asked_for_are_shown_in_that_order(converter: Converter) -> None:
    data = pdf((300, 600), (600, 300), (14_000, 20), (1, 1), (595, 842))
    said, pictures = viewed(converter, "a.pdf", data, pages=[2, 1, 3, 4])
    assert said.startswith("a.pdf has 5 pages; shown: page 2 (1400 x 700 pixels), page 1 (700 x 1400 pixels)")
    assert [picture.size for picture in pictures[:2]] == [(1_400, 700), (700, 1_400)]
    assert all(max(picture.size) <= 1_401 for picture in pictures)


def test_without_pages_the_first_few_are_shown(converter: Converter) -> None:
    said, pictures = viewed(converter, "a.pdf", pdf(*[(595, 842)] * 9), pages=None)
    assert len(pictures) == 4
    assert said.count("page ") == 4


def test_a_job_shows_a_bounded_number_of_pictures(converter: Converter) -> None:
    calls: Calls = [("view_pages", {"path": "a.pdf", "pages": [1, 2, 3, 4]})] * 3
    done = converter.calls(calls, {"a.pdf": pdf(*[(100, 100)] * 4)})
    assert [len(done.result(f"call_{number}")["pictures"]) for number in (1, 2, 3)] == [4, 4, 0]
    assert "a turn shows 8 pictures" in done.result("call_3")["output"]


REFUSED: Mapping[str, tuple[str, bytes, Mapping[str, object], str]] = {
    "page": ("a.pdf", pdf((9, 9)), {"pages": [2]}, "a.pdf has 1 pages; there is no page 2"),
    "zero": ("a.pdf", pdf((9, 9)), {"pages": [0]}, "pages count from 1"),
    "words": ("a.pdf", pdf((9, 9)), {"pages": "1-3"}, "not a list of page numbers"),
    "many": ("a.pdf", pdf((9, 9)), {"pages": [1, 2, 3, 4, 5]}, "one call shows 4"),
    "password": ("a.pdf", pdf((9, 9), password="x"), {}, "needs a password"),
    "no pdf": ("a.pdf", b"nothing", {}, "damaged"),
    "word": ("a.docx", b"PK", {}, "convert_document it to a .pdf first"),
    "no image": ("a.png", b"nothing", {}, "no image of a known kind"),
    "bomb": ("a.png", image(Image.new("1", (11_000, 11_000))), {}, "11000 x 11000 pixels"),
}


@pytest.mark.parametrize(("name", "data", "arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_shown_is_told(
    converter: Converter, name: str, data: bytes, arguments: Mapping[str, object], said: str
) -> None:
    answer = refused(converter, name, data, **arguments)
    assert said in answer
    assert "/tmp" not in answer


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_an_image_is_shown_as_it_is(converter: Converter, kind: str) -> None:
    name = f"a.{kind.lower()}"
    said, [picture] = viewed(converter, name, image(Image.new("RGB", (60, 20), "red"), kind))
    assert "60 x 20 pixels" in said
    assert picture.size == (60, 20)
    colour = picture.convert("RGB").getpixel((30, 10))
    assert isinstance(colour, tuple)
    assert colour == pytest.approx((255, 0, 0), abs=10)


def test_a_large_image_is_shown_smaller_in_few_bytes(converter: Converter) -> None:
    noise = Image.frombytes("RGB", (2_000, 1_000), random.Random(1).randbytes(6_000_000))
    said, [picture] = viewed(converter, "a.png", image(noise))
    assert "2000 x 1000 pixels, shown as 1400 x 700" in said
    assert (picture.format, picture.size) == ("JPEG", (1_400, 700))


def test_what_is_transparent_is_shown_on_white(converter: Converter) -> None:
    _, [picture] = viewed(converter, "a.png", image(Image.new("RGBA", (20, 20), (0, 0, 0, 0))))
    assert picture.convert("RGB").getpixel((5, 5)) == (255, 255, 255)
