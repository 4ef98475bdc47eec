"""How each template of a document looks: what its script turns into styles, pages, headers and footers."""

from __future__ import annotations

from dataclasses import dataclass

TITLE, PAGE, PAGES = "{title}", "{page}", "{pages}"
"""What stands for fields in headers and footers."""

PAGE_SIZE = (21.0, 29.7)
"""Width and height in centimetres: A4."""

HEADINGS = (1.5, 1.2, 1.05, 1.0)
"""Sizes of headings of each level, as multiples of the text's."""

SMALL = 8.5
"""Points of headers and footers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One look. Sizes are points, margins centimetres: top, right, bottom, left. Colours are RRGGBB.

    `header` and `footer` are three texts: at the left, in the middle, at the right. The first page has no header.
    """

    body: str
    heads: str
    size: float
    title_size: float
    colour: str
    margins: tuple[float, float, float, float]
    header: tuple[str, str, str] = ("", "", "")
    footer: tuple[str, str, str] = ("", "", "")
    title: str = "left"
    scale: float = 1.0
    """Of headings, to their usual size."""
    justified: bool = False
    ruled: bool = False
    """Whether a line stands under each heading of the first level."""


SERIF, SANS = "Georgia", "Calibri"
_OF = f"{PAGE} / {PAGES}"

DESIGNS = {
    "letter": Design(
        body=SERIF, heads=SERIF, size=11, title_size=12, colour="1F2937", margins=(3, 2.5, 2.5, 2.5),
        footer=("", "", _OF), scale=0.75,
    ),
    "report": Design(
        body=SERIF, heads=SANS, size=10.5, title_size=26, colour="1E3A5F", margins=(2.8, 2.5, 2.5, 2.5),
        header=(TITLE, "", ""), footer=("", "", _OF), justified=True, ruled=True,
    ),
    "minutes": Design(
        body=SANS, heads=SANS, size=10.5, title_size=18, colour="374151", margins=(2.5, 2.2, 2.2, 2.2),
        header=(TITLE, "", _OF),
    ),
    "proposal": Design(
        body=SANS, heads=SANS, size=11, title_size=30, colour="0F766E", margins=(2.8, 2.5, 2.5, 2.5),
        footer=(TITLE, "", _OF), ruled=True,
    ),
    "invoice": Design(
        body=SANS, heads=SANS, size=10, title_size=24, colour="111827", margins=(2.5, 2.2, 2.2, 2.2),
        footer=("", _OF, ""), title="right",
    ),
    "cv": Design(
        body=SANS, heads=SANS, size=10, title_size=24, colour="1D4E89", margins=(1.8, 2, 1.8, 2),
        footer=("", "", _OF), ruled=True,
    ),
}  # fmt: skip
"""Templates for Word, OpenDocument and PDF, by name."""

SLIDES_COLOURS = {"dk2": "1E3A5F", "accent1": "1E3A5F", "accent2": "0F766E", "accent3": "B45309", "hlink": "1D4ED8"}
"""Colours of the template for slides, by their names in a theme (ECMA-376, 20.1.6.2)."""
