"""Pictures of an untrusted function: only a few of bounded size, and nothing else, reach the model."""

from __future__ import annotations

import base64

from swarm.jobs.pictures import MOST, MOST_CHARACTERS, taken

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
JPEG = base64.b64encode(b"\xff\xd8\xffrest").decode()


def test_png_and_jpeg_become_data_urls() -> None:
    assert taken([PNG, JPEG]) == [f"data:image/png;base64,{PNG}", f"data:image/jpeg;base64,{JPEG}"]


def test_what_is_no_picture_or_too_large_is_left_out() -> None:
    svg = base64.b64encode(b"<svg/>").decode()
    large = base64.b64encode(b"\xff\xd8\xff" + bytes(MOST_CHARACTERS)).decode()
    assert taken(["https://e.example/a.png", "", f"{PNG}\n", "é", svg, large, PNG]) == [f"data:image/png;base64,{PNG}"]


def test_more_than_a_few_are_not_taken() -> None:
    assert len(taken([PNG] * (MOST + 3))) == MOST
