"""Characters that Word writes as a number of a symbol font, as characters that mean the same without it.

Symbol has the code points of Adobe's Symbol encoding; Wingdings has none in Unicode's own mapping tables, so those that
documents use are listed by what they look like. Word adds 0xF000 to the numbers of such fonts.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_SYMBOL: Mapping[int, str] = MappingProxyType(
    dict(
        zip(
            range(0x41, 0x5B),
            "\u0391\u0392\u03a7\u0394\u0395\u03a6\u0393\u0397\u0399\u03d1\u039a\u039b\u039c\u039d\u039f\u03a0\u0398\u03a1"
            "\u03a3\u03a4\u03a5\u03c2\u03a9\u039e\u03a8\u0396",
            strict=True,
        )
    )
    | dict(
        zip(
            range(0x61, 0x7B),
            "\u03b1\u03b2\u03c7\u03b4\u03b5\u03c6\u03b3\u03b7\u03b9\u03d5\u03ba\u03bb\u03bc\u03bd\u03bf\u03c0\u03b8\u03c1"
            "\u03c3\u03c4\u03c5\u03d6\u03c9\u03be\u03c8\u03b6",
            strict=True,
        )
    )
    | {
        0x22: "\u2200", 0x24: "\u2203", 0x27: "\u220b", 0x2A: "\u2217", 0x2D: "\u2212", 0x40: "\u2245", 0x5C: "\u2234",
        0x5E: "\u22a5", 0xA2: "\u2032", 0xA3: "\u2264", 0xA4: "\u2044", 0xA5: "\u221e", 0xA7: "\u2663", 0xA8: "\u2666",
        0xA9: "\u2665", 0xAA: "\u2660", 0xAB: "\u2194", 0xAC: "\u2190", 0xAD: "\u2191", 0xAE: "\u2192", 0xAF: "\u2193",
        0xB0: "\u00b0", 0xB1: "\u00b1", 0xB2: "\u2033", 0xB3: "\u2265", 0xB4: "\u00d7", 0xB5: "\u221d", 0xB6: "\u2202",
        0xB7: "\u2022", 0xB8: "\u00f7", 0xB9: "\u2260", 0xBA: "\u2261", 0xBB: "\u2248", 0xBC: "\u2026", 0xC0: "\u2135",
        0xC4: "\u2297", 0xC5: "\u2295", 0xC6: "\u2205", 0xC7: "\u2229", 0xC8: "\u222a", 0xC9: "\u2283", 0xCA: "\u2287",
        0xCB: "\u2284", 0xCC: "\u2282", 0xCD: "\u2286", 0xCE: "\u2208", 0xCF: "\u2209", 0xD0: "\u2220", 0xD1: "\u2207",
        0xD2: "\u00ae", 0xD3: "\u00a9", 0xD4: "\u2122", 0xD5: "\u220f", 0xD6: "\u221a", 0xD7: "\u22c5", 0xD8: "\u00ac",
        0xD9: "\u2227", 0xDA: "\u2228", 0xDB: "\u21d4", 0xDC: "\u21d0", 0xDD: "\u21d1", 0xDE: "\u21d2", 0xDF: "\u21d3",
        0xE0: "\u25ca", 0xE5: "\u2211", 0xF2: "\u222b",
    }
)  # fmt: skip

_WINGDINGS: Mapping[int, str] = MappingProxyType(
    {
        0x22: "\u2702", 0x28: "\u260e", 0x2A: "\u2709", 0x36: "\u231b", 0x41: "\u270c", 0x43: "\U0001f44d",
        0x44: "\U0001f44e", 0x45: "\u261c", 0x46: "\u261e", 0x47: "\u261d", 0x48: "\u261f", 0x4A: "\u263a",
        0x4B: "\U0001f610", 0x4C: "\u2639", 0x52: "\u263c", 0x6C: "\u25cf", 0x6D: "\u274d", 0x6E: "\u25a0",
        0x6F: "\u25a1", 0x71: "\u2751", 0x72: "\u2752", 0x73: "\u2b27", 0x74: "\u29eb", 0x75: "\u25c6", 0x76: "\u2756",
        0x77: "\u2b25", 0x9F: "\u2022", 0xA1: "\u25cb", 0xA7: "\u25aa", 0xA8: "\u25fb", 0xAB: "\u2605", 0xD5: "\u232b",
        0xD8: "\u27a2", 0xDF: "\u2190", 0xE0: "\u2192", 0xE1: "\u2191", 0xE2: "\u2193", 0xE7: "\u2190", 0xE8: "\u2192",
        0xE9: "\u2191", 0xEA: "\u2193", 0xF0: "\u21e8", 0xFB: "\u2717", 0xFC: "\u2713", 0xFD: "\u2612", 0xFE: "\u2611",
    }
    | {0x81 + number: chr(0x2460 + number) for number in range(10)}
    | {0x8C + number: chr(0x2776 + number) for number in range(10)}
)  # fmt: skip

_WINGDINGS_2: Mapping[int, str] = MappingProxyType(
    {0x4F: "\u2717", 0x50: "\u2713", 0x51: "\u2612", 0x52: "\u2611", 0x53: "\u2612", 0x54: "\u2612", 0xA3: "\u25a1"}
)

_LAST = 0xFFFF
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}


def character(font: str, number: str) -> str | None:
    """The character that `w:sym` shows, its number in hexadecimal as Word writes it; None where none is known."""
    try:
        code = int(number, 16)
    except ValueError:
        return None
    known = _FONTS.get(font.lower())
    if known is not None:
        return known.get(code & 0xFF)
    return chr(code) if code <= _LAST and chr(code).isprintable() else None
