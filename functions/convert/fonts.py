"""Which scripts the fonts of a PDF lack. They are the ones that typst carries: Libertinus Serif, New Computer Modern
and DejaVu Sans Mono. The list was made by setting a sample of each script and looking at the page.
"""

from __future__ import annotations

_MISSING = (
    ("Bengali", 0x0980, 0x09FF),
    ("Gurmukhi", 0x0A00, 0x0A7F),
    ("Gujarati", 0x0A80, 0x0AFF),
    ("Tamil", 0x0B80, 0x0BFF),
    ("Telugu", 0x0C00, 0x0C7F),
    ("Sinhala", 0x0D80, 0x0DFF),
    ("Thai", 0x0E00, 0x0E7F),
    ("Tibetan", 0x0F00, 0x0FFF),
    ("Burmese", 0x1000, 0x109F),
    ("Korean", 0x1100, 0x11FF),
    ("Ethiopic", 0x1200, 0x137F),
    ("Khmer", 0x1780, 0x17FF),
    ("emoji", 0x2705, 0x2705),
    ("emoji", 0x274C, 0x274C),
    ("Chinese or Japanese", 0x2E80, 0x9FFF),
    ("Korean", 0xAC00, 0xD7AF),
    ("Chinese or Japanese", 0xF900, 0xFAFF),
    ("Chinese or Japanese", 0xFF00, 0xFFEF),
    ("emoji", 0x1F300, 0x1FAFF),
    ("Chinese or Japanese", 0x20000, 0x3FFFF),
)


def uncovered(text: str) -> str:
    """The scripts in the text that no font has, as words; empty when all can be shown."""
    characters = set(map(ord, text))
    found = {script for script, first, last in _MISSING if any(first <= each <= last for each in characters)}
    return ", ".join(sorted(found))
